// A load generator over keep-alive HTTP/1.1 connections of one thread, closed or open, that prints one line of JSON.
//
//   load -p PORT [-c CONNECTIONS] (-n REQUESTS | -d SECONDS) [-r RATE] [-s] [-t TOKENS] [-m get|post] [-u PATH]
//
// Without -r the loop is closed: a connection sends its next request when it has the answer to the last. With -s it moves
// in lock step: all connections send, all answers arrive, all send again; the most repeatable order of work.
// With -r it is open: request i is due at i / RATE whatever the answers do, waits for a free connection if need be, and its
// latency counts from when it was due (no coordinated omission).

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT = 1 << 16, EVENTS = 256, MAX_CONNECTIONS = 4096, MAX_TOKENS = 4096, GRACE_SECONDS = 5 };

// Latencies in a table of 64 powers of two with 64 steps each: an error below 1.6 %.
enum { STEPS = 64 };
static uint64_t histogram[64 * STEPS], largest;

struct connection {
    int socket;
    int busy;
    size_t sent;              // bytes of the current request already written
    const char *request;
    size_t request_size;
    double due;               // when the current request was due, in seconds
    size_t have;
    char input[INPUT];
};

static struct {
    int port, connections, lockstep, post;
    uint64_t requests;
    double seconds, rate;
    const char *tokens, *path;
} options = {.port = 8080, .connections = 64, .path = "/v1/items/42?expand=owner"};

static char *requests[MAX_TOKENS];
static size_t request_sizes[MAX_TOKENS];
static size_t request_count, next_request;
static struct connection *connections;
static struct connection *idle[MAX_CONNECTIONS];
static size_t idle_count;
static int poller;
static uint64_t issued, answered, lost, reconnected, statuses[600];
static double started, last_failure;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void record(double seconds) {
    uint64_t value = seconds <= 0 ? 0 : (uint64_t)(seconds * 1e9);
    if (value > largest) largest = value;
    if (value < STEPS) {
        histogram[value]++;
        return;
    }
    int power = 63 - __builtin_clzll(value);
    histogram[(power - 5) * STEPS + (int)((value >> (power - 6)) & (STEPS - 1))]++;
}

static double percentile(double share) {
    uint64_t wanted = (uint64_t)((double)answered * share), seen = 0;
    for (int i = 0; i < 64 * STEPS; i++) {
        seen += histogram[i];
        if (seen <= wanted) continue;
        if (i < STEPS) return i / 1e3;
        int power = i / STEPS + 5;
        return (double)((uint64_t)(STEPS + i % STEPS) << (power - 6)) / 1e3;
    }
    return (double)largest / 1e3;
}

static void add_request(const char *token) {
    static const char body[] =
        "{\"id\":\"itm_01HZX3K7Q2W9E8R5T6Y7\",\"name\":\"Blue widget, large size\",\"amount\":12999,\"currency\":\"EUR\","
        "\"active\":true,\"note\":\"restock before the end of the quarter\"}";
    char framing[96] = "", authorization[8300] = "";
    if (options.post) {
        snprintf(framing, sizeof framing, "Content-Type: application/json\r\nContent-Length: %zu\r\n", sizeof body - 1);
    }
    if (*token) snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", token);
    int size = asprintf(
        &requests[request_count],
        "%s %s HTTP/1.1\r\nHost: api.example.test\r\nUser-Agent: bench/1.0 (linux; x86_64)\r\nAccept: application/json\r\n"
        "Accept-Encoding: gzip, br\r\nX-Tenant: acme\r\n%s%s\r\n%s",
        options.post ? "POST" : "GET", options.path, authorization, framing, options.post ? body : "");
    if (size < 0) fail("no memory");
    request_sizes[request_count++] = (size_t)size;
}

static void prepare_requests(void) {
    if (!options.tokens) {
        add_request("");
        return;
    }
    FILE *file = fopen(options.tokens, "r");
    char line[8300];
    if (!file) fail(options.tokens);
    while (request_count < MAX_TOKENS && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (*line) add_request(line);
    }
    fclose(file);
    if (request_count == 0) fail("the file of tokens is empty");
}

static void dial(struct connection *c) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address)) fail("cannot connect");
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event);
    c->have = 0;
}

static void redial(struct connection *c) {
    close(c->socket);
    reconnected++;
    dial(c);
}

// Connections block on writing: requests are far smaller than a socket buffer.
static int send_request(struct connection *c, double due) {
    c->request = requests[next_request];
    c->request_size = request_sizes[next_request];
    next_request = (next_request + 1) % request_count;
    c->busy = 1;
    c->due = due;
    issued++;
    return send(c->socket, c->request, c->request_size, MSG_NOSIGNAL) == (ssize_t)c->request_size ? 0 : -1;
}

static void release(struct connection *c) {
    c->busy = 0;
    idle[idle_count++] = c;
}

static void lose(struct connection *c) {
    if (c->busy) {
        lost++;
        last_failure = now();
        redial(c);
        release(c);
    } else {
        redial(c);
    }
}

// The size of a complete chunked body at `from`, 0 when bytes are missing, -1 when it is not one.
static ssize_t chunked_size(const char *from, size_t size) {
    size_t at = 0;
    for (;;) {
        const char *line = memmem(from + at, size - at, "\r\n", 2);
        if (!line) return 0;
        char *digits;
        size_t chunk = strtoull(from + at, &digits, 16);
        if (digits == from + at) return -1;
        at = (size_t)(line - from) + 2;
        if (chunk > size - at || size - at - chunk < 2) return 0;
        at += chunk + 2;
        if (chunk == 0) return (ssize_t)at;
    }
}

// The size of the whole answer in the buffer, 0 when bytes are missing, -1 when it cannot be one; sets `last` when it
// says that the connection ends with it.
static ssize_t answer_size(struct connection *c, int *last) {
    char *end = memmem(c->input, c->have, "\r\n\r\n", 4);
    if (!end) return c->have == INPUT ? -1 : 0;
    size_t head = (size_t)(end - c->input) + 4, body = 0;
    int chunked = 0;
    for (char *line = c->input; line < end;) {
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoull(line + 15, NULL, 10);
        if (strncasecmp(line, "transfer-encoding:", 18) == 0) chunked = 1;
        if (strncasecmp(line, "connection: close", 17) == 0) *last = 1;
        char *next = memchr(line, '\n', (size_t)(end + 2 - line));
        if (!next) break;
        line = next + 1;
    }
    if (chunked) {
        ssize_t size = chunked_size(c->input + head, c->have - head);
        return size <= 0 ? size : (ssize_t)head + size;
    }
    if (body > INPUT - head) return -1;
    return c->have >= head + body ? (ssize_t)(head + body) : 0;
}

static void receive(struct connection *c) {
    ssize_t got = recv(c->socket, c->input + c->have, INPUT - c->have, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || !c->busy) {
        lose(c);
        return;
    }
    c->have += (size_t)got;
    int last = 0;
    ssize_t size = answer_size(c, &last);
    if (size < 0) lose(c);
    if (size <= 0) return;
    double time = now();
    int status = c->have > 12 ? atoi(c->input + 9) : 0;
    if (status < 100 || status > 599) status = 0;
    if (status < 200 || status > 299) last_failure = time;
    statuses[status]++;
    answered++;
    record(time - c->due);
    c->have = 0;
    if (last) redial(c);
    release(c);
}

static int more_to_issue(double time) {
    if (options.requests) return issued < options.requests;
    return time - started < options.seconds;
}

// Sends what is due on idle connections; answers how long to wait for the next, in seconds, or -1 for an answer only.
static double issue(double time) {
    if (options.lockstep && idle_count < (size_t)options.connections) return -1;
    while (idle_count > 0 && more_to_issue(time)) {
        double due = time;
        if (options.rate > 0) {
            due = started + (double)issued / options.rate;
            if (due > time) return due - time;
        }
        struct connection *c = idle[--idle_count];
        if (send_request(c, due) < 0) lose(c);
    }
    return -1;
}

static void report(double elapsed) {
    printf("{\"answered\":%llu,\"lost\":%llu,\"reconnected\":%llu,\"seconds\":%.6f,\"rate\":%.1f",
           (unsigned long long)answered, (unsigned long long)lost, (unsigned long long)reconnected, elapsed,
           (double)answered / elapsed);
    printf(",\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"lastFailure\":%.6f,\"statuses\":{",
           percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999), (double)largest / 1e3, last_failure);
    const char *separator = "";
    for (int i = 0; i < 600; i++) {
        if (!statuses[i]) continue;
        printf("%s\"%d\":%llu", separator, i, (unsigned long long)statuses[i]);
        separator = ",";
    }
    printf("}}\n");
}

static void parse_options(int count, char **arguments) {
    for (int option; (option = getopt(count, arguments, "p:c:n:d:r:st:m:u:")) != -1;) {
        switch (option) {
        case 'p': options.port = atoi(optarg); break;
        case 'c': options.connections = atoi(optarg); break;
        case 'n': options.requests = strtoull(optarg, NULL, 10); break;
        case 'd': options.seconds = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 's': options.lockstep = 1; break;
        case 't': options.tokens = optarg; break;
        case 'm': options.post = strcmp(optarg, "post") == 0; break;
        case 'u': options.path = optarg; break;
        default: exit(2);
        }
    }
    if (options.connections < 1 || options.connections > MAX_CONNECTIONS || (!options.requests && options.seconds <= 0)) {
        fprintf(stderr, "load: needs 1 to %d connections and -n or -d\n", MAX_CONNECTIONS);
        exit(2);
    }
}

int main(int count, char **arguments) {
    parse_options(count, arguments);
    prepare_requests();
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)options.connections, sizeof *connections);
    if (!connections) fail("no memory");
    for (int i = options.connections - 1; i >= 0; i--) {
        dial(&connections[i]);
        release(&connections[i]);
    }
    started = now();
    double over = 0;
    for (;;) {
        double time = now(), wait = issue(time);
        int open = more_to_issue(time);
        if (!open && idle_count == (size_t)options.connections) break;
        if (!open && over == 0) over = time;
        if (!open && time - over > GRACE_SECONDS) {
            lost += (uint64_t)options.connections - idle_count;
            break;
        }
        if (wait < 0 || wait > 0.5) wait = 0.5;
        struct timespec timeout = {.tv_sec = 0, .tv_nsec = (long)(wait * 1e9)};
        struct epoll_event events[EVENTS];
        int ready = epoll_pwait2(poller, events, EVENTS, &timeout, NULL);
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    }
    report(now() - started);
    return 0;
}
