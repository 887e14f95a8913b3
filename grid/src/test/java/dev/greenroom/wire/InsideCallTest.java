package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.RelaySettings;
import dev.greenroom.session.Ending;
import dev.greenroom.session.Ending.Cause;
import dev.greenroom.session.SessionIds;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy and a gateway in one process: what the client sees is what it sees when there is a connection in between.
@Timeout(60)
class InsideCallTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String GOING_AWAY = "880303e978";

    private final Transport transport = Transport.best();
    private final SessionIds ids = new SessionIds(InstantSource.system(), new SecureRandom());
    private final CompletableFuture<Ending> seenByProxy = new CompletableFuture<>();
    private final CompletableFuture<Relaying> seenByGateway = new CompletableFuture<>();
    private final CompletableFuture<Relayed> overAtGateway = new CompletableFuture<>();
    private EventLoopGroup loops;
    private InetSocketAddress at = new InetSocketAddress(0);

    @BeforeEach
    void begin() {
        loops = transport.newLoops("test", 2);
    }

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void a_session_within_one_process_needs_no_connection_between_its_proxy_and_its_gateway() throws Exception {
        try (var driver = FakeWorker.start(FakeWorker.echo());
                var gateway = server();
                var proxy = proxyTo(gateway, caller -> joined(caller, driver));
                var client = RawClient.connect(listen(proxy))) {
            client.send(RawClient.upgrade("/", ""));

            var head = client.readHead();
            client.send(RawClient.masked(1, new byte[] {'x'}));

            assertThat(head).startsWith("HTTP/1.1 101");
            assertThat(client.readFrame().opcode()).isEqualTo(1);
            assertThat(gateway.openConnections()).isZero();
        }
        assertThat(overAtGateway
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .traffic()
                        .messagesFromClient())
                .isOne();
    }

    @Test
    void a_browser_that_dies_is_told_as_a_crash() throws Exception {
        try (var driver = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(HexFormat.of().parseHex(GOING_AWAY));
                    peer.readToEnd();
                });
                var gateway = server();
                var proxy = proxyTo(gateway, caller -> joined(caller, driver));
                var client = RawClient.connect(listen(proxy))) {
            client.send(RawClient.upgrade("/", "")).readHead();

            var close = client.readFrame();

            assertThat(close.closeCode()).isEqualTo(1011);
            assertThat(close.closeReason()).isEqualTo("disconnected: browser crashed");
            assertThat(seenByProxy.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo(new Ending(
                            Cause.WORKER_CLOSED,
                            Ending.of(Cause.BROWSER_CRASHED).close()));
        }
    }

    @Test
    void a_gateway_ends_a_session_as_a_worker_that_closes() throws Exception {
        try (var driver = FakeWorker.start(FakeWorker.echo());
                var gateway = server();
                var proxy = proxyTo(gateway, caller -> joined(caller, driver));
                var client = RawClient.connect(listen(proxy))) {
            client.send(RawClient.upgrade("/", "")).readHead();

            seenByGateway.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).end(Ending.of(Cause.WORKER_DRAINING));

            var close = client.readFrame();
            assertThat(close.closeCode()).isEqualTo(1001);
            assertThat(close.closeReason()).isEqualTo("disconnected: worker draining");
            assertThat(seenByProxy.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).cause())
                    .isEqualTo(Cause.WORKER_CLOSED);
        }
        assertThat(overAtGateway
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .ending()
                        .cause())
                .isEqualTo(Cause.WORKER_CLOSED);
    }

    @Test
    void what_a_gateway_answers_instead_is_handed_on() throws Exception {
        try (var gateway = server();
                var proxy = proxyTo(
                        gateway, caller -> caller.answer(Answer.empty(428).with("X-Why", "because")));
                var client = RawClient.connect(listen(proxy))) {
            client.send(RawClient.upgrade("/", ""));

            assertThat(client.readHead()).startsWith("HTTP/1.1 428").contains("X-Why: because");
        }
    }

    @Test
    void a_client_that_hangs_up_interrupts_the_gateway_that_prepares_its_browser() throws Exception {
        var begun = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        try (var gateway = server();
                var proxy = proxyTo(gateway, _ -> {
                    begun.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                    }
                })) {
            try (var client = RawClient.connect(listen(proxy))) {
                client.send(RawClient.upgrade("/", ""));
                assertThat(begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            }

            assertThat(interrupted.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    @Test
    @SuppressWarnings("try") // closed before its end, which is what is tested
    void a_gateway_that_closes_leaves_nobody_waiting_and_nobody_gets_in_afterwards() throws Exception {
        var begun = new CountDownLatch(1);
        try (var gateway = server();
                var proxy = proxyTo(gateway, _ -> {
                    begun.countDown();
                    new CountDownLatch(1).await();
                });
                var client = RawClient.connect(listen(proxy))) {
            client.send(RawClient.upgrade("/", ""));
            assertThat(begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

            gateway.close();

            assertThat(client.readHead()).startsWith("HTTP/1.1 503");
            await().atMost(PATIENCE).until(() -> transport.doors().at(at).isEmpty());
        }
    }

    private WireServer server() {
        return new WireServer(transport, loops, ids, new ConnectionLimits(100, 100), connection -> {
            throw new IllegalStateException("nobody connects: " + connection.head());
        });
    }

    private static int listen(WireServer server) throws Exception {
        return server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private WireServer proxyTo(WireServer gateway, CallerHandler behind) throws Exception {
        at = new InetSocketAddress(InetAddress.getLoopbackAddress(), listen(gateway));
        gateway.openDoor(at, behind);
        return new WireServer(transport, loops, ids, new ConnectionLimits(100, 100), this::proxied);
    }

    private void proxied(InboundConnection client) throws InterruptedException {
        switch (dial(client, at)) {
            case Dialled.Upgraded(var worker) -> {
                try (worker) {
                    seenByProxy.complete(relays(FarSide.WORKER)
                            .join(client, worker, List.of())
                            .await()
                            .ending());
                }
            }
            case Dialled.Answered(var head, var body) ->
                client.answer(new Answer(head.status(), head.headers(), "", body));
            case Dialled.Preparing _ -> client.answer(Answer.empty(503));
            case Dialled.Failed _ -> client.answer(Answer.empty(503));
        }
    }

    private void joined(Caller caller, FakeWorker driver) throws InterruptedException {
        caller.preparing();
        if (dial(caller, new InetSocketAddress(InetAddress.getLoopbackAddress(), driver.port()))
                instanceof Dialled.Upgraded(var behind)) {
            try (behind) {
                var relaying = caller.join(relays(FarSide.BROWSER), behind, List.of());
                seenByGateway.complete(relaying);
                overAtGateway.complete(relaying.await());
            }
        }
    }

    private Dialled dial(Caller caller, InetSocketAddress address) throws InterruptedException {
        var upgrade = ((UpgradeRequest.Checked.Valid) UpgradeRequest.check(caller.head())).upgrade();
        var target = new Dialer.Target("peer", "/path", upgrade, List.of());
        return new Dialer(transport).dial(caller.eventLoop(), address, target, PATIENCE, PATIENCE);
    }

    private static Relays relays(FarSide farSide) {
        var settings =
                new RelaySettings(PATIENCE, PATIENCE.multipliedBy(3), PATIENCE, Optional.empty(), Optional.empty());
        return new Relays(settings, System::nanoTime, farSide);
    }
}
