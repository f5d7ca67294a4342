// An HTTP/1.1 upstream that costs as little as possible: `http-stub PORT [TENANT]`.
//
// Every request is answered 200 with one fixed 210-byte JSON document once its body (Content-Length or chunked) has been
// read and thrown away; `GET /large/N` streams N bytes instead, and every request of TENANT (`X-Tenant-ID`) is answered 503. Keep-alive, pipelining, one thread. It shows the gateway's
// cost and trusts what the gateway sends: it is not a model server.

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
#include <unistd.h>

enum { INPUT = 1 << 18, OUTPUT = 1 << 17, EVENTS = 256 };
enum phase { HEAD, FIXED_BODY, CHUNK_SIZE, CHUNK_DATA, TRAILER };

static const char document[] =
    "{\"data\":{\"id\":\"itm_01HZX3K7Q2W9E8R5T6Y7\",\"name\":\"Blue widget, large size\",\"amount\":12999,\"currency\":\"EUR\","
    "\"active\":true,\"tags\":[\"blue\",\"large\"],\"tenant\":\"acme\",\"version\":42,\"createdAt\":\"2026-01-01T00:00:00Z\"}}";

struct connection {
    int socket;
    enum phase phase;
    uint64_t left;     // bytes of the current body or chunk still to come
    uint64_t streaming; // bytes of a large answer still to be sent
    int head_answer;   // the request was HEAD
    int failing;       // the request is of the tenant that fails
    uint64_t large;    // size asked for by /large/N, or 0
    size_t have, queued, sent;
    uint32_t watched;
    char input[INPUT];
    char output[OUTPUT];
};

static const char *failing_tenant;
static const char failure[] = "HTTP/1.1 503 Service Unavailable\r\nServer: stub\r\nContent-Length: 4\r\n\r\nbusy";
static char filler[OUTPUT];
static char answer[512];
static size_t answer_head, answer_size;
static int poller;

static void watch(struct connection *c, uint32_t events) {
    if (c->watched == events) return;
    c->watched = events;
    struct epoll_event change = {.events = events, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->socket, &change);
}

// Sends what is queued and then the streamed bytes; -1 when the peer is gone.
static int flush(struct connection *c) {
    while (c->sent < c->queued || c->streaming > 0) {
        ssize_t done;
        if (c->sent < c->queued) {
            done = send(c->socket, c->output + c->sent, c->queued - c->sent, MSG_NOSIGNAL);
            if (done > 0) c->sent += (size_t)done;
        } else {
            size_t step = c->streaming < sizeof filler ? (size_t)c->streaming : sizeof filler;
            done = send(c->socket, filler, step, MSG_NOSIGNAL);
            if (done > 0) c->streaming -= (uint64_t)done;
        }
        if (done < 0 && errno != EAGAIN) return -1;
        if (done <= 0) break;
    }
    if (c->sent == c->queued) c->sent = c->queued = 0;
    watch(c, c->queued || c->streaming ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return 0;
}

static void respond(struct connection *c) {
    if (c->failing) {
        memcpy(c->output + c->queued, failure, sizeof failure - 1);
        c->queued += sizeof failure - 1;
    } else if (c->large) {
        c->queued += (size_t)snprintf(
            c->output + c->queued, 256,
            "HTTP/1.1 200 OK\r\nServer: stub\r\nContent-Type: application/octet-stream\r\nContent-Length: %llu\r\n\r\n",
            (unsigned long long)c->large);
        if (!c->head_answer) c->streaming = c->large;
    } else {
        size_t size = c->head_answer ? answer_head : answer_size;
        memcpy(c->output + c->queued, answer, size);
        c->queued += size;
    }
    c->phase = HEAD;
}

// Reads the fields that frame the body from one request head.
static void begin(struct connection *c, const char *head, size_t size) {
    c->left = 0;
    c->large = 0;
    c->failing = 0;
    c->head_answer = size > 5 && memcmp(head, "HEAD ", 5) == 0;
    const char *target = memchr(head, ' ', size);
    if (target && strncmp(target, " /large/", 8) == 0) c->large = strtoull(target + 8, NULL, 10);
    c->phase = HEAD;
    for (const char *line = head; line < head + size;) {
        const char *end = memchr(line, '\n', (size_t)(head + size - line));
        if (!end) break;
        if (strncasecmp(line, "content-length:", 15) == 0) {
            c->left = strtoull(line + 15, NULL, 10);
            if (c->left) c->phase = FIXED_BODY;
        } else if (strncasecmp(line, "transfer-encoding:", 18) == 0) {
            c->phase = CHUNK_SIZE;
        } else if (failing_tenant && strncasecmp(line, "x-tenant-id: ", 13) == 0) {
            size_t name = strlen(failing_tenant);
            c->failing = strncmp(line + 13, failing_tenant, name) == 0 && line[13 + name] == '\r';
        } else if (strncasecmp(line, "expect:", 7) == 0) {
            static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";
            memcpy(c->output + c->queued, proceed, sizeof proceed - 1);
            c->queued += sizeof proceed - 1;
        }
        line = end + 1;
    }
    if (c->phase == HEAD) respond(c);
}

// Takes one step over the input from `at`; answers the new offset, or `at` itself when more bytes are needed.
static size_t step(struct connection *c, size_t at) {
    char *from = c->input + at;
    size_t size = c->have - at;
    if (c->phase == FIXED_BODY || c->phase == CHUNK_DATA) {
        size_t taken = c->left < size ? (size_t)c->left : size;
        c->left -= taken;
        if (c->left == 0) {
            if (c->phase == CHUNK_DATA) c->phase = CHUNK_SIZE;
            else respond(c);
        }
        return at + taken;
    }
    if (c->phase == HEAD) {
        char *end = memmem(from, size, "\r\n\r\n", 4);
        if (!end) return at;
        begin(c, from, (size_t)(end - from) + 2);
        return at + (size_t)(end - from) + 4;
    }
    char *end = memmem(from, size, "\r\n", 2);
    if (!end) return at;
    if (c->phase == CHUNK_SIZE) {
        uint64_t chunk = strtoull(from, NULL, 16);
        c->left = chunk + 2;
        c->phase = chunk ? CHUNK_DATA : TRAILER;
    } else if (end == from) {
        respond(c);
    }
    return at + (size_t)(end - from) + 2;
}

// Reads and answers; -1 when the connection is over.
static int receive(struct connection *c) {
    for (;;) {
        ssize_t got = recv(c->socket, c->input + c->have, INPUT - c->have, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return -1;
        if (got < 0) return flush(c);
        c->have += (size_t)got;
        size_t at = 0;
        while (at < c->have && c->streaming == 0) {
            if (OUTPUT - c->queued < 1024 && flush(c) < 0) return -1;
            if (OUTPUT - c->queued < 1024) break;
            size_t next = step(c, at);
            if (next == at) break;
            at = next;
        }
        memmove(c->input, c->input + at, c->have - at);
        c->have -= at;
        if (c->have == INPUT || (size_t)got < INPUT / 2) return flush(c);
    }
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 9001;
    failing_tenant = count > 2 ? arguments[2] : NULL;
    answer_size = (size_t)snprintf(
        answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nServer: stub\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n%s",
        sizeof document - 1, document);
    answer_head = answer_size - (sizeof document - 1);
    memset(filler, 'x', sizeof filler);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        perror("http-stub: cannot listen");
        return 1;
    }
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (peer < 0 || !(c = calloc(1, sizeof *c))) continue;
                setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                c->socket = peer;
                c->watched = EPOLLIN;
                event = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(poller, EPOLL_CTL_ADD, peer, &event);
                continue;
            }
            int over = (events[i].events & EPOLLOUT) && flush(c) < 0;
            if (!over && (events[i].events & ~(uint32_t)EPOLLOUT) && receive(c) < 0) over = 1;
            if (over) {
                close(c->socket);
                free(c);
            }
        }
    }
}
