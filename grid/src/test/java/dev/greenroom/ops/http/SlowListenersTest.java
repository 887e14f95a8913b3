package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.server.DirectMemory;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.Transport;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/// Clients of `/v1/events` that do not read, over real sockets.
@Timeout(60)
@Isolated("the memory of the JVM")
final class SlowListenersTest {
    private static final int SLOW = 20;
    private static final int EVENT_BYTES = 512 * 1024;
    private static final long BOUND_BYTES = 64L * 1024 * 1024;
    private static final Duration LOOK = Duration.ofMillis(20);

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("slow-listeners", 1);
    private final AtomicInteger looks = new AtomicInteger();
    private final EventStreams streams = new EventStreams(this::overview, System::nanoTime, Duration.ofMillis(600));
    private final HttpListener server = new HttpListener(
            transport,
            loops,
            new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
            new ConnectionLimits(100, 100),
            streams::open);
    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicLong read = new AtomicLong();
    private int port;

    @BeforeEach
    void open() throws Exception {
        port = server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
        streams.close();
        server.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /// Another one for each look, so that there is always something to say.
    private String overview() {
        return looks.incrementAndGet() + "x".repeat(EVENT_BYTES);
    }

    private Socket listen() throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.getOutputStream()
                .write("GET /v1/events HTTP/1.1\r\nHost: grid\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        sockets.add(socket);
        return socket;
    }

    @Test
    void who_does_not_read_is_dropped_and_costs_bounded_memory_while_who_reads_goes_on() throws Exception {
        for (var n = 0; n < SLOW; n++) {
            listen();
        }
        var reader = listen();
        Thread.ofVirtual().start(() -> readOn(reader));
        await().until(() -> streams.open() == SLOW + 1);
        var before = DirectMemory.bytes();
        var most = new AtomicLong();

        await("only who reads is left").pollInterval(LOOK).until(() -> {
            streams.publish();
            most.accumulateAndGet(DirectMemory.bytes(), Math::max);
            return streams.open() == 1;
        });
        var soFar = read.get();
        await("who reads goes on").pollInterval(LOOK).until(() -> {
            streams.publish();
            return read.get() > soFar + EVENT_BYTES;
        });

        assertThat(looks.get()).as("events were worth").isGreaterThan(25);
        assertThat(most.get() - before).isLessThan(BOUND_BYTES);
    }

    @Test
    void events_do_not_pile_up_while_the_event_loop_is_busy() throws Exception {
        for (var n = 0; n < SLOW; n++) {
            listen();
        }
        await().until(() -> streams.open() == SLOW);
        var before = DirectMemory.bytes();
        var busy = new CountDownLatch(1);
        loops.execute(() -> awaitQuietly(busy));

        IntStream.range(0, 50).forEach(_ -> streams.publish());
        busy.countDown();

        loops.submit(() -> {}).get(30, TimeUnit.SECONDS);
        assertThat(DirectMemory.bytes() - before).isLessThan(BOUND_BYTES);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void readOn(Socket socket) {
        var buffer = new byte[65_536];
        try {
            for (var count = 0; count >= 0; count = socket.getInputStream().read(buffer)) {
                read.addAndGet(count);
            }
        } catch (IOException _) {
            // The test is over.
        }
    }
}
