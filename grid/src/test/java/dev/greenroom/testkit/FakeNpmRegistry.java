package dev.greenroom.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// An npm registry that has `playwright-core` and nothing else. It counts what it is asked for, can demand
/// a token, and can hold archives back.
public final class FakeNpmRegistry implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, byte[]> archives = new ConcurrentHashMap<>();
    private final Map<String, String> integrities = new ConcurrentHashMap<>();
    private final AtomicInteger metadataRequests = new AtomicInteger();
    private final AtomicInteger downloads = new AtomicInteger();
    private final CountDownLatch open = new CountDownLatch(1);
    private final Map<String, Map<String, String>> dependencies = new ConcurrentHashMap<>();
    private volatile @Nullable String token;
    private volatile boolean holdingBack;

    private FakeNpmRegistry(HttpServer server) {
        this.server = server;
    }

    public static FakeNpmRegistry start() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var registry = new FakeNpmRegistry(server);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", registry::answer);
        server.start();
        return registry;
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /// Publishes a release that holds a `package.json` and an `index.js`.
    public FakeNpmRegistry publish(String release) {
        return publish(
                release,
                archive(Map.of(
                        "package/package.json", "{\"version\":\"" + release + "\"}", "package/index.js", "// empty")));
    }

    /// Publishes a release whose archive is as given, correctly described.
    public FakeNpmRegistry publish(String release, byte[] archive) {
        archives.put(release, archive);
        integrities.put(release, integrity(archive));
        return this;
    }

    /// Describes a release by the digest of something else.
    public FakeNpmRegistry misdescribe(String release) {
        integrities.put(release, integrity("something else".getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /// Says that a release needs another package.
    public FakeNpmRegistry addDependency(String release, String name) {
        dependencies.put(release, Map.of(name, "1.0.0"));
        return this;
    }

    public FakeNpmRegistry demandToken(String token) {
        this.token = token;
        return this;
    }

    /// Lets downloads wait until [#letGo].
    public FakeNpmRegistry holdBack() {
        holdingBack = true;
        return this;
    }

    public void letGo() {
        open.countDown();
    }

    public int metadataRequests() {
        return metadataRequests.get();
    }

    public int downloads() {
        return downloads.get();
    }

    /// A gzipped tar of plain files.
    public static byte[] archive(Map<String, String> files) {
        return archive(tar -> {
            for (var file : new TreeMap<>(files).entrySet()) {
                var content = file.getValue().getBytes(StandardCharsets.UTF_8);
                var entry = new TarArchiveEntry(file.getKey(), true);
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        });
    }

    /// Writes entries into an archive.
    public interface Entries {
        void into(TarArchiveOutputStream tar) throws IOException;
    }

    /// A gzipped tar of whatever is wanted.
    public static byte[] archive(Entries entries) {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            entries.into(tar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public static String integrity(byte[] archive) {
        try {
            var digest = MessageDigest.getInstance("SHA-512").digest(archive);
            return "sha512-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var expected = token;
            var sent = exchange.getRequestHeaders().getFirst("authorization");
            var path = exchange.getRequestURI().getPath();
            if (expected != null && !("Bearer " + expected).equals(sent)) {
                exchange.sendResponseHeaders(401, -1);
            } else if (path.equals("/playwright-core")) {
                metadataRequests.incrementAndGet();
                send(exchange, metadata());
            } else {
                archive(exchange, path.substring(path.lastIndexOf('/') + 1));
            }
        }
    }

    private void archive(HttpExchange exchange, String release) throws IOException {
        downloads.incrementAndGet();
        if (holdingBack) {
            try {
                open.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        var archive = archives.get(release);
        if (archive == null) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            send(exchange, archive);
        }
    }

    private byte[] metadata() {
        var versions = new TreeMap<String, Object>();
        integrities.forEach((release, integrity) -> versions.put(
                release,
                Map.of(
                        "dist", Map.of("tarball", url() + "archives/" + release, "integrity", integrity),
                        "dependencies", dependencies.getOrDefault(release, Map.of()))));
        return new JsonMapper().writeValueAsBytes(Map.of("name", "playwright-core", "versions", versions));
    }

    private static void send(HttpExchange exchange, byte[] body) throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        open.countDown();
        server.stop(0);
    }
}
