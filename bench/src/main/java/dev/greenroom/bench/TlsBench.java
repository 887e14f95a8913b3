package dev.greenroom.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.TrustManagerFactory;

/// What TLS on the public port costs: the JDK's engine and BoringSSL (netty-tcnative), alternating in one run.
///
/// The client uses the JDK's engine for both; only the server's calls are timed.
public final class TlsBench {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 5;
    private static final int HANDSHAKES = 300;
    private static final long BYTES_PER_ROUND = 64L * 1024 * 1024;
    private static final List<Integer> SIZES = List.of(1024, 16 * 1024, 256 * 1024);
    private static final String PASSWORD = "benchmark";

    private final SslContext client;
    private final List<Engine> engines;

    private record Engine(String name, SslContext server) {}

    private TlsBench(KeyStore keys) throws GeneralSecurityException, IOException {
        var identity = (KeyStore.PrivateKeyEntry)
                keys.getEntry("server", new KeyStore.PasswordProtection(PASSWORD.toCharArray()));
        var trust = TrustManagerFactory.getInstance("PKIX");
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", (X509Certificate) keys.getCertificate("server"));
        trust.init(trusted);
        this.client = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .trustManager(trust)
                .endpointIdentificationAlgorithm(null)
                .build();
        this.engines =
                List.of(engine("JDK", SslProvider.JDK, identity), engine("BoringSSL", SslProvider.OPENSSL, identity));
    }

    private static Engine engine(String name, SslProvider provider, KeyStore.PrivateKeyEntry identity)
            throws IOException {
        return new Engine(
                name,
                SslContextBuilder.forServer(identity.getPrivateKey(), (X509Certificate) identity.getCertificate())
                        .sslProvider(provider)
                        .protocols("TLSv1.3", "TLSv1.2")
                        .build());
    }

    /// Measures, prints and writes `bench/results/tls.md`.
    ///
    /// @param args the checkout, nothing, the commit
    public static void main(String[] args) throws Exception {
        var checkout = Path.of(args[0]);
        var bench = new TlsBench(keys());
        var report = new StringBuilder(String.format(
                Locale.ROOT,
                """
                # TLS on the public port

                %s, commit %s, %s %s, %d cores, Java %s. CPU time of the server alone, µs; the minimum of %d rounds, \
                since other load only adds. TLS 1.3, RSA 2048.

                | engine | handshake | write 1 KB | read 1 KB | write 16 KB | read 16 KB | write 256 KB | read 256 KB |
                |---|--:|--:|--:|--:|--:|--:|--:|
                """,
                LocalDate.now(ZoneOffset.UTC),
                args[2],
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.version().feature(),
                ROUNDS));
        bench.warmUp();
        bench.measure(report);
        System.out.println(report);
        Files.writeString(checkout.resolve("bench/results/tls.md"), report);
    }

    private static KeyStore keys() throws Exception {
        var file = Files.createTempDirectory("tls-bench").resolve("keys.p12");
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var made = new ProcessBuilder(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "RSA",
                        "-keysize",
                        "2048",
                        "-dname",
                        "CN=localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        made.getInputStream().readAllBytes();
        if (made.waitFor() != 0) {
            throw new IllegalStateException("keytool made no key");
        }
        var keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private void warmUp() {
        for (var engine : engines) {
            handshakes(engine);
            SIZES.forEach(size -> move(engine, size));
        }
    }

    private void measure(StringBuilder report) {
        var columns = 1 + (2 * SIZES.size());
        var samples = new double[engines.size()][columns][ROUNDS];
        for (var round = 0; round < ROUNDS; round++) {
            for (var e = 0; e < engines.size(); e++) {
                samples[e][0][round] = handshakes(engines.get(e));
                for (var s = 0; s < SIZES.size(); s++) {
                    var moved = move(engines.get(e), SIZES.get(s));
                    samples[e][1 + (2 * s)][round] = moved.writeMicros();
                    samples[e][2 + (2 * s)][round] = moved.readMicros();
                }
            }
        }
        for (var e = 0; e < engines.size(); e++) {
            report.append("| ").append(engines.get(e).name());
            for (var column : samples[e]) {
                Arrays.sort(column);
                report.append(String.format(Locale.ROOT, " | %.1f", column[0]));
            }
            report.append(" |\n");
        }
    }

    /// A client and a server in one thread, so that the server's work can be timed alone.
    private static final class Pair implements AutoCloseable {
        private final EmbeddedChannel client;
        private final EmbeddedChannel server;
        private long serverNanos;

        Pair(SslContext client, SslContext server) {
            var allocator = PooledByteBufAllocator.DEFAULT;
            this.server = new EmbeddedChannel();
            this.server.config().setAllocator(allocator);
            var began = THREADS.getCurrentThreadCpuTime();
            this.server.pipeline().addLast(server.newHandler(allocator));
            serverNanos += THREADS.getCurrentThreadCpuTime() - began;
            this.client = new EmbeddedChannel();
            this.client.config().setAllocator(allocator);
            this.client.pipeline().addLast(client.newHandler(allocator));
            while (!isDone(this.client) || !isDone(this.server)) {
                exchange();
            }
            exchange();
        }

        private static boolean isDone(EmbeddedChannel channel) {
            return channel.pipeline().get(SslHandler.class).handshakeFuture().isSuccess();
        }

        private void exchange() {
            client.runPendingTasks();
            for (ByteBuf bytes; (bytes = client.readOutbound()) != null; ) {
                var began = THREADS.getCurrentThreadCpuTime();
                server.writeInbound(bytes);
                serverNanos += THREADS.getCurrentThreadCpuTime() - began;
            }
            var began = THREADS.getCurrentThreadCpuTime();
            server.runPendingTasks();
            serverNanos += THREADS.getCurrentThreadCpuTime() - began;
            for (ByteBuf bytes; (bytes = server.readOutbound()) != null; ) {
                client.writeInbound(bytes);
            }
        }

        private void fromServer(int size) {
            var bytes = PooledByteBufAllocator.DEFAULT.directBuffer(size).writeZero(size);
            var began = THREADS.getCurrentThreadCpuTime();
            server.writeOutbound(bytes);
            serverNanos += THREADS.getCurrentThreadCpuTime() - began;
            for (ByteBuf written; (written = server.readOutbound()) != null; ) {
                written.release();
            }
        }

        private void fromClient(int size) {
            client.writeOutbound(
                    PooledByteBufAllocator.DEFAULT.directBuffer(size).writeZero(size));
            for (ByteBuf bytes; (bytes = client.readOutbound()) != null; ) {
                var began = THREADS.getCurrentThreadCpuTime();
                server.writeInbound(bytes);
                serverNanos += THREADS.getCurrentThreadCpuTime() - began;
            }
            for (ByteBuf read; (read = server.readInbound()) != null; ) {
                read.release();
            }
        }

        @Override
        public void close() {
            server.finishAndReleaseAll();
            client.finishAndReleaseAll();
        }
    }

    private double handshakes(Engine engine) {
        var nanos = 0L;
        for (var i = 0; i < HANDSHAKES; i++) {
            try (var pair = new Pair(client, engine.server())) {
                nanos += pair.serverNanos;
            }
        }
        return nanos / 1e3 / HANDSHAKES;
    }

    private record Moved(double writeMicros, double readMicros) {}

    private Moved move(Engine engine, int size) {
        var messages = (int) (BYTES_PER_ROUND / Math.max(size, 8 * 1024));
        try (var pair = new Pair(client, engine.server())) {
            pair.serverNanos = 0;
            for (var i = 0; i < messages; i++) {
                pair.fromClient(size);
            }
            var read = pair.serverNanos / 1e3 / messages;
            pair.serverNanos = 0;
            for (var i = 0; i < messages; i++) {
                pair.fromServer(size);
            }
            return new Moved(pair.serverNanos / 1e3 / messages, read);
        }
    }
}
