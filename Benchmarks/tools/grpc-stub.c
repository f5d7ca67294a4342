// A gRPC upstream that costs as little as possible: `grpc-stub PORT`.
//
// Cleartext HTTP/2. Every stream, whatever its path and message, is answered with one fixed bench.v1 message and
// grpc-status 0 when the request's END_STREAM arrives. Request header blocks are not decoded and the peer's flow-control
// window is assumed to hold one small answer: it shows the gateway's cost, not its correctness. One thread.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT = 1 << 17, OUTPUT = 1 << 20, EVENTS = 64, PREFACE = 24, FRAME_HEAD = 9 };
enum frame { DATA = 0, HEADERS = 1, SETTINGS = 4, PING = 6, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { REPLENISH_AFTER = 1 << 16 };

struct connection {
    int socket;
    int greeted;
    uint32_t consumed; // DATA bytes not yet given back to the connection window
    size_t have, queued, sent;
    uint32_t watched;
    uint8_t input[INPUT];
    uint8_t output[OUTPUT];
};

static uint8_t answer[512];
static size_t answer_size, stream_fields[3];
static int poller;

static uint8_t *put_frame(uint8_t *at, size_t size, enum frame type, uint8_t flags) {
    const uint8_t head[FRAME_HEAD] = {(uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size, (uint8_t)type, flags};
    memcpy(at, head, FRAME_HEAD);
    return at + FRAME_HEAD;
}

// A literal field without indexing (RFC 7541, section 6.2.2), name and value as plain strings.
static size_t put_field(uint8_t *at, const char *name, const char *value) {
    size_t n = strlen(name), v = strlen(value), size = 0;
    at[size++] = 0;
    at[size++] = (uint8_t)n;
    memcpy(at + size, name, n);
    size += n;
    at[size++] = (uint8_t)v;
    memcpy(at + size, value, v);
    return size + v;
}

static size_t put_string(uint8_t *at, int number, const char *text) {
    at[0] = (uint8_t)(number << 3 | 2);
    at[1] = (uint8_t)strlen(text);
    memcpy(at + 2, text, strlen(text));
    return 2 + strlen(text);
}

// The three frames of the one answer, with room for the stream identifier noted.
static void prepare(void) {
    uint8_t block[128], *at = answer;
    size_t size = 0;
    block[size++] = 0x88; // indexed field 8: ":status: 200"
    size += put_field(block + size, "content-type", "application/grpc");
    stream_fields[0] = (size_t)(at - answer) + 5;
    at = put_frame(at, size, HEADERS, END_HEADERS);
    memcpy(at, block, size);
    at += size;

    uint8_t message[128];
    size = 5;
    size += put_string(message + size, 1, "itm_01HZX3K7Q2W9E8R5T6Y7");
    size += put_string(message + size, 2, "created");
    message[size++] = 3 << 3; // version: 150
    message[size++] = 0x96;
    message[size++] = 0x01;
    size += put_string(message + size, 4, "Blue widget, large size");
    memset(message, 0, 5);
    message[4] = (uint8_t)(size - 5);
    stream_fields[1] = (size_t)(at - answer) + 5;
    at = put_frame(at, size, DATA, 0);
    memcpy(at, message, size);
    at += size;

    size = put_field(block, "grpc-status", "0");
    stream_fields[2] = (size_t)(at - answer) + 5;
    at = put_frame(at, size, HEADERS, END_HEADERS | END_STREAM);
    memcpy(at, block, size);
    answer_size = (size_t)(at + size - answer);
}

static int flush(struct connection *c) {
    while (c->sent < c->queued) {
        ssize_t done = send(c->socket, c->output + c->sent, c->queued - c->sent, MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN) return -1;
        if (done < 0) break;
        c->sent += (size_t)done;
    }
    if (c->sent == c->queued) c->sent = c->queued = 0;
    uint32_t events = c->queued ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (events != c->watched) {
        struct epoll_event change = {.events = c->watched = events, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->socket, &change);
    }
    return 0;
}

static uint8_t *queue(struct connection *c, size_t size, enum frame type, uint8_t flags) {
    uint8_t *payload = put_frame(c->output + c->queued, size, type, flags);
    c->queued += FRAME_HEAD + size;
    return payload;
}

static void put_word(uint8_t *at, uint32_t word) {
    word = htonl(word);
    memcpy(at, &word, 4);
}

static void greet(struct connection *c) {
    static const uint8_t settings[] = {0, 3, 0, 0, 0x27, 0x10, /* 10 000 streams */ 0, 4, 0, 0x0f, 0xff, 0xff /* window */};
    memcpy(queue(c, sizeof settings, SETTINGS, 0), settings, sizeof settings);
    put_word(queue(c, 4, WINDOW_UPDATE, 0), 1 << 28);
}

static void receive_frame(struct connection *c, const uint8_t *head, size_t size) {
    uint8_t type = head[3], flags = head[4];
    if (type == SETTINGS && !(flags & ACK)) {
        queue(c, 0, SETTINGS, ACK);
    } else if (type == PING && !(flags & ACK)) {
        memcpy(queue(c, 8, PING, ACK), head + FRAME_HEAD, 8);
    } else if (type == DATA || type == HEADERS) {
        if (type == DATA) c->consumed += (uint32_t)size;
        if (c->consumed > REPLENISH_AFTER) {
            put_word(queue(c, 4, WINDOW_UPDATE, 0), c->consumed);
            c->consumed = 0;
        }
        if (flags & END_STREAM) {
            uint8_t *to = c->output + c->queued;
            memcpy(to, answer, answer_size);
            for (int i = 0; i < 3; i++) memcpy(to + stream_fields[i], head + 5, 4);
            c->queued += answer_size;
        }
    }
}

static int receive(struct connection *c) {
    ssize_t got = recv(c->socket, c->input + c->have, INPUT - c->have, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return -1;
    if (got < 0) return 0;
    c->have += (size_t)got;
    size_t at = 0;
    if (!c->greeted) {
        if (c->have < PREFACE) return 0;
        at = PREFACE;
        c->greeted = 1;
    }
    while (c->have - at >= FRAME_HEAD) {
        const uint8_t *head = c->input + at;
        size_t size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (size > INPUT - FRAME_HEAD) return -1;
        if (c->have - at < FRAME_HEAD + size) break;
        if (OUTPUT - c->queued < 4096 && (flush(c) < 0 || OUTPUT - c->queued < 4096)) return -1;
        receive_frame(c, head, size);
        at += FRAME_HEAD + size;
    }
    memmove(c->input, c->input + at, c->have - at);
    c->have -= at;
    return flush(c);
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 9002;
    prepare();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        perror("grpc-stub: cannot listen");
        return 1;
    }
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            int over = 0;
            if (!c) {
                int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (peer < 0 || !(c = calloc(1, sizeof *c))) continue;
                setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                c->socket = peer;
                c->watched = EPOLLIN;
                event = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(poller, EPOLL_CTL_ADD, peer, &event);
                greet(c);
                over = flush(c) < 0;
            } else {
                over = (events[i].events & EPOLLOUT) && flush(c) < 0;
                if (!over && (events[i].events & ~(uint32_t)EPOLLOUT)) over = receive(c) < 0;
            }
            if (over) {
                close(c->socket);
                free(c);
            }
        }
    }
}
