package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.Transport;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// A relay between clients of a test and a fake worker, over real sockets.
public final class RelayFixture implements AutoCloseable {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final byte[] MEGABYTE = megabyte();

    private final Transport transport = Transport.best();
    public final BlockingQueue<RelayResult> endings = new LinkedBlockingQueue<>();
    final BlockingQueue<Relay> begun = new LinkedBlockingQueue<>();
    final BlockingQueue<Boolean> interruptions = new LinkedBlockingQueue<>();
    private final EventLoopGroup loops = transport.newLoops("test", 1);
    LongSupplier clock = System::nanoTime;

    /// Whether a worker is joined only when it has hung up.
    volatile boolean joinTooLate;

    /// Workers are joined only when this is opened.
    CountDownLatch joinWhen = new CountDownLatch(0);

    public RelaySettings settings = settings(Duration.ofSeconds(20), Duration.ofSeconds(60));

    public static RelaySettings settings(Duration ping, Duration timeout) {
        return new RelaySettings(ping, timeout, Duration.ofSeconds(30), Optional.empty(), Optional.empty());
    }

    public HttpListener proxyTo(FakeWorker worker) {
        var dialer = new Dialer(transport);
        var starter = new RelayStarter(settings, clock);
        var ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
        return new HttpListener(transport, loops, ids, new ConnectionLimits(100, 100), connection -> {
            try {
                serve(connection, dialer, starter, worker.port());
            } catch (InterruptedException e) {
                interruptions.add(true);
                throw e;
            }
        });
    }

    /// A worker that sends this many frames of a megabyte at once.
    public static FakeWorker flood(int frames) throws IOException {
        return FakeWorker.start(peer -> {
            peer.accept();
            for (var i = 0; i < frames; i++) {
                peer.send(RawClient.unmasked(2, MEGABYTE));
            }
            peer.readFrame();
        });
    }

    /// Reads all that a flood sends, and compares it.
    public static void assertFloodArrives(RawClient client, int frames) throws Exception {
        var read = MessageDigest.getInstance("SHA-256");
        var expected = MessageDigest.getInstance("SHA-256");
        for (var i = 0; i < frames; i++) {
            expected.update(RawClient.unmasked(2, MEGABYTE));
            read.update(client.in().readNBytes(MEGABYTE.length + 10));
        }
        assertThat(read.digest()).isEqualTo(expected.digest());
    }

    private static byte[] megabyte() {
        var bytes = new byte[1024 * 1024];
        new SplittableRandom(3).nextBytes(bytes);
        return bytes;
    }

    private void serve(InboundConnection connection, Dialer dialer, RelayStarter starter, int port)
            throws InterruptedException {
        var upgrade = ((UpgradeRequest.CheckedUpgrade.Valid) UpgradeRequest.check(connection.head())).upgrade();
        var target = new Dialer.Target("worker", "/path", upgrade, List.of());
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        switch (dialer.dial(connection.eventLoop(), address, target, SECOND.multipliedBy(5), SECOND.multipliedBy(5))) {
            case ConnectResult.Upgraded(var outbound) -> {
                try (outbound) {
                    if (joinTooLate) {
                        outbound.channel().closeFuture().await();
                    }
                    joinWhen.await();
                    var relay = starter.join(connection, outbound, List.of(new HttpHeader("X-Request-Id", "one")));
                    begun.add(relay);
                    endings.add(relay.await());
                }
            }
            case ConnectResult.Answered(var head, var body) ->
                connection.answer(HttpResponse.text(502, "text/plain", head.status() + body));
            case ConnectResult.StillProcessing() ->
                connection.answer(HttpResponse.text(503, "text/plain", "preparing"));
            case ConnectResult.Failed(var why) -> connection.answer(HttpResponse.text(503, "text/plain", why));
        }
    }

    public static int listen(HttpListener server) throws PortInUseException, InterruptedException {
        return server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    public static RawClient upgraded(int port) throws IOException {
        var client = RawClient.connect(port).send(RawClient.upgrade("/", ""));
        assertThat(client.readHead())
                .startsWith("HTTP/1.1 101 ")
                .contains("Sec-WebSocket-Accept: " + RawClient.ACCEPT + "\r\n")
                .contains("X-Request-Id: one\r\n");
        return client;
    }

    public static RawClient upgraded(RawClient client) throws IOException {
        client.send(RawClient.upgrade("/", ""));
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        return client;
    }

    public RelayResult ending() throws InterruptedException {
        var ending = endings.poll(10, TimeUnit.SECONDS);
        assertThat(ending).as("the session ended").isNotNull();
        return ending;
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
