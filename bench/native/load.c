// Client and echoing backend of the relay benchmark, each one thread with epoll.
//
//   load backend PORT                             answers every upgrade, echoes every message unmasked, until killed
//   load echo PORT CONNECTIONS BYTES WARM_MS RUN_MS [PID,...]
//   load connect PORT CONNECTIONS WARM_MS RUN_MS [PID,...]
//   load idle PORT CONNECTIONS                    opens, says so, and holds them until standard input ends
//
// PIDs are processes whose processor time is measured over exactly the time in which messages are counted. Results are
// one line of name=value. The key of all handshakes is the one of RFC 6455, so that its answer is known.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 65536, BUFFER = 512 * 1024, EVENTS = 512, MAX_SAMPLES = 8 * 1024 * 1024, MAX_PIDS = 64 };
enum phase { FREE, CONNECTING, HEAD, OPEN };

struct connection {
    enum phase phase;
    int matched;            // how much of the empty line that ends a head
    size_t expected, sent;  // client: bytes of the reply that are missing, bytes of the message that are out
    int64_t began;
    uint8_t header[14];     // backend: the frame that is under way
    int have, need;
    uint64_t payload;
    int closing;
    uint8_t *rest;          // backend: what the socket did not take
    size_t rest_length, rest_sent;
};

static struct connection connections[MAX_FDS];
static uint8_t input[BUFFER], output[BUFFER * 2];
static int epoll, port, failed;
static int64_t *samples;
static size_t sample_count;
static const char UPGRADE[] =
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nUser-Agent: load\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
static const char SWITCHING[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static clockid_t clocks[MAX_PIDS];
static int clock_count;

static void watch_processes(char *pids) {
    for (char *pid = strtok(pids, ","); pid && clock_count < MAX_PIDS; pid = strtok(NULL, ",")) {
        if (clock_getcpuclockid(atoi(pid), &clocks[clock_count]) == 0) clock_count++;
    }
}

static int64_t processor_nanos(void) {
    int64_t sum = 0;
    for (int i = 0; i < clock_count; i++) {
        struct timespec t;
        if (clock_gettime(clocks[i], &t) == 0) sum += t.tv_sec * 1000000000LL + t.tv_nsec;
    }
    return sum;
}

static void interest(int fd, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, operation, fd, &event) < 0) die("epoll_ctl");
}

static void without_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void forget(int fd) {
    free(connections[fd].rest);
    memset(&connections[fd], 0, sizeof connections[fd]);
    close(fd);
}

// Looks for the end of a head; answers how many bytes of the input belong to it, and sets the phase to OPEN there.
static size_t skip_head(struct connection *c, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        uint8_t wanted = c->matched % 2 ? '\n' : '\r';
        c->matched = bytes[i] == wanted ? c->matched + 1 : bytes[i] == '\r';
        if (c->matched == 4) {
            c->phase = OPEN;
            return i + 1;
        }
    }
    return length;
}

// ---- backend

static void flush_rest(int fd) {
    struct connection *c = &connections[fd];
    ssize_t n = send(fd, c->rest + c->rest_sent, c->rest_length - c->rest_sent, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN) forget(fd);
        return;
    }
    c->rest_sent += n;
    if (c->rest_sent == c->rest_length) {
        free(c->rest);
        c->rest = NULL;
        interest(fd, EPOLLIN, EPOLL_CTL_MOD);
    }
}

static int answer(int fd, const uint8_t *bytes, size_t length) {
    ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return -1;
    size_t sent = n < 0 ? 0 : n;
    if (sent < length) {
        struct connection *c = &connections[fd];
        c->rest_length = length - sent;
        c->rest_sent = 0;
        c->rest = malloc(c->rest_length);
        memcpy(c->rest, bytes + sent, c->rest_length);
        interest(fd, EPOLLOUT, EPOLL_CTL_MOD);
    }
    return 0;
}

// Tracks frames; writes the header of each reply in place and leaves the payload bytes unchanged.
static size_t echo(struct connection *c, const uint8_t *bytes, size_t length) {
    size_t at = 0, out = 0;
    while (at < length && !c->closing) {
        if (c->have < 2 || c->have < c->need) {
            c->header[c->have++] = bytes[at++];
            if (c->have == 2) {
                int size = c->header[1] & 0x7F;
                c->need = 2 + (size == 126 ? 2 : size == 127 ? 8 : 0) + 4;
            }
            if (c->have < 2 || c->have < c->need) continue;
            int head = c->need - 4, size = c->header[1] & 0x7F;
            c->payload = size;
            if (size >= 126) {
                c->payload = 0;
                for (int i = 2; i < head; i++) c->payload = c->payload << 8 | c->header[i];
            }
            if ((c->header[0] & 0x0F) == 8) c->closing = 1;
            memcpy(output + out, c->header, head);
            output[out + 1] &= 0x7F;
            out += head;
            if (c->closing) {
                output[out - 1] = 0;  // a close frame without a reason, whatever the other side said
            } else if (c->payload == 0) {
                c->have = 0;
            }
        } else {
            size_t take = length - at < c->payload ? length - at : c->payload;
            at += take;
            out += take;
            c->payload -= take;
            if (c->payload == 0) c->have = 0;
        }
    }
    return out;
}

static void backend_read(int fd) {
    struct connection *c = &connections[fd];
    ssize_t n = recv(fd, input, sizeof input, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        forget(fd);
        return;
    }
    size_t from = 0;
    if (c->phase == HEAD) {
        from = skip_head(c, input, n);
        if (c->phase == OPEN && answer(fd, (const uint8_t *)SWITCHING, sizeof SWITCHING - 1) < 0) {
            forget(fd);
            return;
        }
    }
    size_t out = echo(c, input + from, n - from);
    if ((out > 0 && answer(fd, output, out) < 0) || c->closing) forget(fd);
}

static void backend(void) {
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 4096) < 0) die("listen");
    interest(listening, EPOLLIN, EPOLL_CTL_ADD);
    puts("listening");
    fflush(stdout);
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listening) {
                int peer;
                while ((peer = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    without_delay(peer);
                    connections[peer].phase = HEAD;
                    interest(peer, EPOLLIN, EPOLL_CTL_ADD);
                }
            } else if (events[i].events & EPOLLOUT) {
                flush_rest(fd);
            } else {
                backend_read(fd);
            }
        }
    }
}

// ---- client

static uint8_t *message;
static size_t message_length, reply_length;
static int64_t measure_from;
static int connecting_only;
static uint32_t source;

static void make_message(size_t payload) {
    size_t head = payload < 126 ? 2 : payload < 65536 ? 4 : 10;
    message_length = head + 4 + payload;
    reply_length = head + payload;
    message = calloc(1, message_length);
    message[0] = 0x82;
    message[1] = 0x80 | (head == 2 ? payload : head == 4 ? 126 : 127);
    for (size_t i = 2; i < head; i++) message[i] = payload >> (8 * (head - 1 - i));
}

static int open_connection(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0 || fd >= MAX_FDS) die("socket (raise ulimit -n)");
    without_delay(fd);
    // Sixteen addresses of our own, since the ports of one would run out.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source++ % 16)};
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) die("bind");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connections[fd].phase = CONNECTING;
    connections[fd].began = now();
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
    interest(fd, EPOLLOUT, EPOLL_CTL_ADD);
    return fd;
}

static void send_message(int fd) {
    struct connection *c = &connections[fd];
    ssize_t n = send(fd, message + c->sent, message_length - c->sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) die("send");
    size_t before = c->sent;
    c->sent += n < 0 ? 0 : n;
    if (c->sent < message_length) {
        interest(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    } else if (before > 0) {
        interest(fd, EPOLLIN, EPOLL_CTL_MOD);
    }
}

static void begin_message(int fd, int64_t at) {
    struct connection *c = &connections[fd];
    c->began = at;
    c->sent = 0;
    c->expected = reply_length;
    send_message(fd);
}

static void sample(int64_t began, int64_t at) {
    if (measure_from && began >= measure_from && sample_count < MAX_SAMPLES) samples[sample_count++] = at - began;
}

static int opened;

static void client_event(int fd, uint32_t events) {
    struct connection *c = &connections[fd];
    if (c->phase == CONNECTING) {
        if (send(fd, UPGRADE, sizeof UPGRADE - 1, MSG_NOSIGNAL) != sizeof UPGRADE - 1) {
            failed++;
            forget(fd);
            if (connecting_only) open_connection();
            return;
        }
        c->phase = HEAD;
        interest(fd, EPOLLIN, EPOLL_CTL_MOD);
        return;
    }
    if (events & EPOLLIN) {
        ssize_t n = recv(fd, input, sizeof input, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            failed++;
            forget(fd);
            if (connecting_only) open_connection();
            return;
        }
        if (c->phase == HEAD && n > 0) {
            if (n > 12 && c->matched == 0 && memcmp(input, "HTTP/1.1 101", 12) != 0) {
                failed++;
                forget(fd);
                if (connecting_only) open_connection();
                return;
            }
            skip_head(c, input, n);
            if (c->phase == OPEN) {
                opened++;
                if (connecting_only) {
                    sample(c->began, now());
                    forget(fd);
                    open_connection();
                } else if (message) {
                    begin_message(fd, now());
                }
            }
            return;
        }
        if (c->phase == OPEN && n > 0 && message) {
            c->expected -= (size_t)n < c->expected ? (size_t)n : c->expected;
            if (c->expected == 0) {
                int64_t at = now();
                sample(c->began, at);
                begin_message(fd, at);
                return;
            }
        }
    }
    if ((events & EPOLLOUT) && c->phase == OPEN && message) send_message(fd);
}

static void turn(int timeout) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, timeout);
    for (int i = 0; i < count; i++) client_event(events[i].data.fd, events[i].events);
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(int64_t warm_millis, int64_t run_millis) {
    int64_t warm = now() + warm_millis * 1000000;
    while (now() < warm) turn(10);
    measure_from = now();
    int64_t cpu = processor_nanos(), until = measure_from + run_millis * 1000000;
    while (now() < until) turn(10);
    cpu = processor_nanos() - cpu;
    int64_t took = now() - measure_from;
    qsort(samples, sample_count, sizeof *samples, by_size);
    int64_t p50 = sample_count ? samples[sample_count / 2] : 0;
    int64_t p99 = sample_count ? samples[sample_count - 1 - sample_count / 100] : 0;
    printf("done=%zu nanos=%lld cpu=%lld p50=%lld p99=%lld failed=%d\n", sample_count, (long long)took,
           (long long)cpu, (long long)p50, (long long)p99, failed);
}

// Opens connections, at most 200 at a time; refused ones are retried, a few thousand times in total.
static void open_all(int wanted) {
    int begun = 0;
    while (opened < wanted && failed < 5000) {
        while (begun - failed < wanted && begun - opened - failed < 200) {
            open_connection();
            begun++;
        }
        turn(10);
    }
}

int main(int argc, char **argv) {
    epoll = epoll_create1(0);
    if (argc < 3) return 2;
    port = atoi(argv[2]);
    if (!strcmp(argv[1], "backend")) {
        backend();
    } else if (!strcmp(argv[1], "echo") && argc >= 7) {
        samples = calloc(MAX_SAMPLES, sizeof *samples);
        if (argc > 7) watch_processes(argv[7]);
        make_message(strtoul(argv[4], NULL, 10));
        open_all(atoi(argv[3]));
        measure(atoll(argv[5]), atoll(argv[6]));
    } else if (!strcmp(argv[1], "connect") && argc >= 6) {
        samples = calloc(MAX_SAMPLES, sizeof *samples);
        if (argc > 6) watch_processes(argv[6]);
        connecting_only = 1;
        for (int i = 0; i < atoi(argv[3]); i++) open_connection();
        measure(atoll(argv[4]), atoll(argv[5]));
    } else if (!strcmp(argv[1], "idle")) {
        open_all(atoi(argv[3]));
        printf("open=%d failed=%d\n", opened, failed);
        fflush(stdout);
        interest(0, EPOLLIN, EPOLL_CTL_ADD);
        struct epoll_event events[EVENTS];
        for (;;) {
            int count = epoll_wait(epoll, events, EVENTS, -1);
            for (int i = 0; i < count; i++) {
                if (events[i].data.fd == 0) return 0;
                client_event(events[i].data.fd, events[i].events);
            }
        }
    } else {
        return 2;
    }
    return 0;
}
