package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayFixture;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.HttpListener.ConnectionLimits.Entry;
import dev.greenroom.net.server.Transport.EventLoopLag;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeClock;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What happens at each limit of a port.
@Timeout(60)
class ConnectionLimitsTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress ELSEWHERE = InetAddress.ofLiteral("192.0.2.2");

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("test", 2);
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (var client : clients) {
            client.close();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private HttpListener server(ConnectionLimits limits) {
        var ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
        return new HttpListener(transport, loops, ids, limits, connection -> {
            if (!connection.head().path().equals("/later")) {
                connection.answer(HttpResponse.json(200, "{\"ok\":1}"));
            }
        });
    }

    /// A connection whose request has no response yet.
    private RawClient busy(int port) throws Exception {
        return open(port).send(request("/later"));
    }

    private static String request(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }

    private RawClient open(int port) throws Exception {
        var client = RawClient.connect(port);
        clients.add(client);
        return client;
    }

    private static String ask(int port) throws Exception {
        return ask(port, "/");
    }

    private static String ask(int port, String path) throws Exception {
        try (var client = RawClient.connect(port).send(request(path))) {
            return client.readAll();
        }
    }

    @Test
    void S20_the_addresses_of_one_network_of_ipv6_count_as_one() {
        var limits = new ConnectionLimits(100, 1);
        for (var address : List.of("2001:db8:0:1::1", "192.0.2.1")) {
            limits.opened(InetAddress.ofLiteral(address), () -> {}).requestBegun();
        }

        var neighbour = limits.opened(InetAddress.ofLiteral("2001:db8:0:1:ffff::2"), () -> {});
        var next = limits.opened(InetAddress.ofLiteral("2001:db8:0:2::1"), () -> {});
        var other = limits.opened(InetAddress.ofLiteral("192.0.2.2"), () -> {});

        assertThat(List.of(neighbour.entry(), next.entry(), other.entry()))
                .containsExactly(Entry.HEALTH_CHECKS_ONLY, Entry.ADMITTED, Entry.ADMITTED);
    }

    @Test
    void beyond_all_connections_the_answer_is_503_until_one_leaves() throws Exception {
        var limits = new ConnectionLimits(2, 100);
        try (var server = server(limits)) {
            var port = RelayFixture.listen(server);
            var first = busy(port);
            busy(port);
            await().until(() -> limits.busy() == 2);

            var refusal = ask(port);

            assertThat(refusal)
                    .startsWith("HTTP/1.1 503 ")
                    .contains("Retry-After: ")
                    .contains("{\"error\":\"too many connections\"}");
            first.close();
            await().ignoreExceptions().until(() -> ask(port).startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void beyond_the_connections_of_one_address_only_that_address_gets_503() throws Exception {
        var limits = new ConnectionLimits(100, 1);
        try (var server = server(limits)) {
            var port = RelayFixture.listen(server);
            busy(port);
            await().until(() -> limits.busy() == 1);

            assertThat(ask(port)).startsWith("HTTP/1.1 503 ");

            assertThat(limits.opened(ELSEWHERE, () -> {}).entry()).isEqualTo(Entry.ADMITTED);
        }
    }

    @Test
    void at_a_limit_the_connection_that_has_been_silent_for_longest_makes_room() throws Exception {
        var limits = new ConnectionLimits(3, 100);
        try (var server = server(limits)) {
            var port = RelayFixture.listen(server);
            var busy = busy(port);
            await().until(() -> limits.busy() == 1);
            var first = open(port);
            await().until(() -> server.openConnections() == 2);
            var second = open(port).send("GET / HT");
            await().until(() -> server.openConnections() == 3);

            var newcomer = ask(port);

            assertThat(newcomer).startsWith("HTTP/1.1 200 ");
            assertThat(first.readAll()).startsWith("HTTP/1.1 503 ").contains("too many connections");
            assertThat(second.send("TP/1.1\r\nHost: a\r\n\r\n").readAll()).startsWith("HTTP/1.1 200 ");
            assertThat(limits.busy()).isEqualTo(1);
            busy.close();
            await().until(() -> limits.busy() == 0);
        }
    }

    @Test
    void at_a_limit_a_connection_that_has_its_response_and_stays_makes_room() throws Exception {
        try (var server = server(new ConnectionLimits(1, 100))) {
            var port = RelayFixture.listen(server);

            for (var n = 0; n < 10; n++) {
                assertThat(open(port).send(request("/")).readHead()).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    @Test
    void at_the_limit_of_an_address_one_of_its_own_connections_makes_room() {
        var limits = new ConnectionLimits(100, 2);
        var evicted = new ArrayList<String>();
        var other = limits.opened(ELSEWHERE, () -> evicted.add("another address's"));
        var first = limits.opened(HERE, () -> evicted.add("first"));
        var second = limits.opened(HERE, () -> evicted.add("second"));
        assertThat(first.requestBegun()).isTrue();

        var third = limits.opened(HERE, () -> evicted.add("third"));

        assertThat(third.entry()).isEqualTo(Entry.ADMITTED);
        assertThat(evicted).containsExactly("second");
        assertThat(second.requestBegun()).as("a request that comes too late").isFalse();
        assertThat(other.requestBegun()).isTrue();
        assertThat(third.requestBegun()).isTrue();
        assertThat(limits.opened(HERE, () -> {}).entry()).isNotEqualTo(Entry.ADMITTED);
    }

    @Test
    void beyond_the_limits_health_is_answered_to_a_few_and_silence_is_not_waited_for() throws Exception {
        var limits = new ConnectionLimits(1, 100, head -> head.path().equals("/health"));
        try (var server = server(limits)) {
            var port = RelayFixture.listen(server);
            busy(port);
            await().until(() -> limits.busy() == 1);

            var healthy = ask(port, "/health");
            await().until(() -> server.openConnections() == 1);
            for (var n = 0; n < ConnectionLimits.MAX_HEALTH_CHECKS_AT_ONCE; n++) {
                open(port);
            }
            await().until(() -> server.openConnections() == 1 + ConnectionLimits.MAX_HEALTH_CHECKS_AT_ONCE);
            var oneMore = open(port).readAll();

            assertThat(healthy).startsWith("HTTP/1.1 200 ");
            assertThat(oneMore).startsWith("HTTP/1.1 503 ").contains("too many connections");
            assertThat(clients.get(1).readAll()).startsWith("HTTP/1.1 408 ");
        }
    }

    @Test
    void FP8_when_even_refusals_are_too_many_newcomers_wait_and_are_served_later() throws Exception {
        var limits = new ConnectionLimits(1, 1_000);
        try (var log = LoggedLines.of(HttpListener.class.getName());
                var server = server(limits)) {
            var port = RelayFixture.listen(server);
            busy(port);
            await().until(() -> limits.busy() == 1);
            for (var i = 0; i < 3 * ConnectionLimits.MAX_REFUSED_AT_ONCE; i++) {
                open(port);
            }

            await().until(() -> !log.withCode("ACCEPTING_PAUSED").isEmpty());
            assertThat(server.openConnections()).isLessThan(2 * ConnectionLimits.MAX_REFUSED_AT_ONCE);
            for (var client : clients) {
                client.close();
            }

            await().ignoreExceptions().until(() -> ask(port).startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void FP11_a_loop_that_is_stuck_shows_in_the_lag_and_a_free_one_does_not() {
        var clock = new FakeClock(Instant.EPOCH);
        var lag = new EventLoopLag(loops, clock::nanos);
        lag.start();
        var stuck = new CountDownLatch(1);
        loops.next().execute(() -> {
            try {
                stuck.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });

        clock.advance(Duration.ofSeconds(4));

        assertThat(lag.current()).isGreaterThan(Duration.ofMillis(600));
        stuck.countDown();
        await().until(() -> lag.current().compareTo(Duration.ofMillis(50)) < 0);
    }

    @Test
    void FP11_one_pause_is_not_taken_for_a_loop_that_cannot_keep_up() {
        var clock = new FakeClock(Instant.EPOCH);
        var lag = new EventLoopLag(loops, clock::nanos);
        lag.start();

        clock.advance(Duration.ofMillis(800));

        assertThat(lag.current()).isBetween(Duration.ofMillis(100), Duration.ofMillis(500));
    }
}
