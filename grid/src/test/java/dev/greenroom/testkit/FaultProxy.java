package dev.greenroom.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// A network between two parties that goes wrong as a test tells it to. Bytes that reach the other side are
/// in order and complete up to where the network was cut. Safe for use by many threads.
public final class FaultProxy implements AutoCloseable {
    private static final int BUFFER = 16_384;
    private static final int CONNECT_MILLIS = 2_000;

    private final int target;
    private final int port;
    private final SplittableRandom random;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Weather> weather = new AtomicReference<>(Weather.FAIR);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile CountDownLatch there = new CountDownLatch(0);
    private volatile CountDownLatch back = new CountDownLatch(0);
    private volatile Optional<ServerSocket> listener = Optional.empty();

    /// How bytes travel.
    ///
    /// @param delay that each piece takes
    /// @param jitter more of it, up to this
    /// @param bytesPerSecond 0 for as many as there are
    /// @param slice pieces are of so many bytes at most, over 0
    /// @param resetAfter a connection is reset after so many bytes of one direction; 0 never
    public record Weather(Duration delay, Duration jitter, long bytesPerSecond, int slice, long resetAfter) {
        public static final Weather FAIR = new Weather(Duration.ZERO, Duration.ZERO, 0, BUFFER, 0);

        /// Every piece comes late.
        public static Weather slow(Duration delay, Duration jitter) {
            return new Weather(delay, jitter, 0, BUFFER, 0);
        }

        /// The same, in small pieces.
        public Weather sliced(int bytes) {
            return new Weather(delay, jitter, bytesPerSecond, bytes, resetAfter);
        }

        /// The same, no more than so many bytes in a second.
        public Weather limited(long bytes) {
            return new Weather(delay, jitter, bytes, slice, resetAfter);
        }

        /// The same, and connections are reset after so many bytes.
        public Weather resetting(long bytes) {
            return new Weather(delay, jitter, bytesPerSecond, slice, bytes);
        }
    }

    private record Link(Socket near, Socket far) {
        void reset() {
            for (var socket : new Socket[] {near, far}) {
                try (socket) {
                    // Closing without lingering tells the peer by RST.
                    socket.setSoLinger(true, 0);
                } catch (IOException _) {
                    // It is closed already.
                }
            }
        }
    }

    private FaultProxy(int target, int port, long seed) {
        this.target = target;
        this.port = port;
        this.random = new SplittableRandom(seed);
    }

    /// Stands before a port of this machine, in fair weather.
    public static FaultProxy before(int target, long seed) throws IOException {
        var port = FreePort.next();
        var proxy = new FaultProxy(target, port, seed);
        proxy.accept();
        return proxy;
    }

    /// Where it listens, also after [#refuse].
    public int port() {
        return port;
    }

    /// Connections that are open through it.
    public int connections() {
        return links.size();
    }

    /// Bytes travel like this from now on.
    public void weather(Weather now) {
        weather.set(now);
    }

    /// No byte travels any more, nobody is told: what a firewall does that forgot its connections.
    public void stall() {
        stallThere();
        stallBack();
    }

    /// No byte reaches the target any more; those from it arrive.
    public void stallThere() {
        there = new CountDownLatch(1);
    }

    /// No byte comes back from the target any more; those to it arrive.
    public void stallBack() {
        back = new CountDownLatch(1);
    }

    /// Ends a stall; what was under way arrives.
    public void flow() {
        there.countDown();
        back.countDown();
    }

    /// Resets every connection.
    public void reset() {
        links.forEach(Link::reset);
    }

    /// Tells both sides of every connection that the other one will send no more.
    public void halfClose() throws IOException {
        for (var link : links) {
            link.near().shutdownOutput();
            link.far().shutdownOutput();
        }
    }

    /// Takes no new connections: they are refused.
    public void refuse() throws IOException {
        if (listener.isPresent()) {
            listener.get().close();
        }
    }

    /// Takes connections again, after [#refuse].
    public void accept() throws IOException {
        var fresh = new ServerSocket();
        fresh.setReuseAddress(true);
        fresh.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
        listener = Optional.of(fresh);
        Thread.ofVirtual().name("fault-proxy").start(() -> accept(fresh));
    }

    /// Cut off altogether: who is connected hears nothing, who connects is refused.
    public void cut() throws IOException {
        stall();
        refuse();
    }

    /// Ends [#cut]; old connections are gone.
    public void mend() throws IOException {
        reset();
        flow();
        accept();
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                var near = from.accept();
                Thread.ofVirtual().name("fault-connect").start(() -> connect(near));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void connect(Socket near) {
        var far = new Socket();
        var link = new Link(near, far);
        links.add(link);
        try {
            there.await();
            far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target), CONNECT_MILLIS);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            var backwards = Thread.ofVirtual().name("fault-back").start(() -> carry(link, far, near, () -> back));
            carry(link, near, far, () -> there);
            backwards.join();
        } catch (IOException _) {
            // Nobody is there, which is what the near side hears too.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            link.reset();
            links.remove(link);
        }
    }

    private void carry(Link link, Socket from, Socket to, Supplier<CountDownLatch> flow) {
        var buffer = new byte[BUFFER];
        var carried = 0L;
        try {
            while (true) {
                var now = weather.get();
                var read = from.getInputStream().read(buffer, 0, Math.min(buffer.length, now.slice()));
                if (read < 0) {
                    to.shutdownOutput();
                    return;
                }
                wait(now, read);
                flow.get().await();
                to.getOutputStream().write(buffer, 0, read);
                carried += read;
                if (now.resetAfter() > 0 && carried >= now.resetAfter()) {
                    link.reset();
                    return;
                }
            }
        } catch (IOException _) {
            link.reset();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void wait(Weather now, int bytes) throws InterruptedException {
        var nanos = now.delay().toNanos();
        if (!now.jitter().isZero()) {
            synchronized (random) {
                nanos += random.nextLong(now.jitter().toNanos());
            }
        }
        if (now.bytesPerSecond() > 0) {
            nanos += TimeUnit.SECONDS.toNanos(bytes) / now.bytesPerSecond();
        }
        closed.await(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        refuse();
        flow();
        reset();
    }
}
