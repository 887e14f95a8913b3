package dev.greenroom.registry.redis;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/// A Redis server per JVM that runs tests, emptied before every test, and the registries that a test opens
/// on it. They log in as the user with the fewest rights that `deploy/redis/greenroom.acl` ships; `cli` has
/// all rights.
final class RedisTest implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    /// By release and options; most classes have the same. They end with the JVM.
    private static final Map<List<String>, RedisServer> SERVERS = new ConcurrentHashMap<>();

    private final boolean oldest;
    private final String[] options;
    private final List<RedisRegistry> opened = new ArrayList<>();
    private @Nullable RedisServer server;

    RedisTest(String... options) {
        this(false, options);
    }

    private RedisTest(boolean oldest, String... options) {
        this.oldest = oldest;
        this.options = options;
        // Lettuce writes several lines per command at debug.
        if (LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.INFO);
        }
    }

    /// On the oldest release that is supported.
    static RedisTest oldest() {
        return new RedisTest(true);
    }

    RedisServer server() {
        return Objects.requireNonNull(server, "Redis runs from the first test of a class on");
    }

    String cli(String... arguments) {
        return server().cli(arguments);
    }

    RedisRegistry registry(int maxConcurrent, int maxLifetime) {
        return registry(RegistryFixtures.limits(maxConcurrent, maxLifetime));
    }

    RedisRegistry registry(RegistryLimits limits) {
        try {
            var registry = RedisRegistry.connect(settings(server()), limits, CONNECT);
            opened.add(registry);
            return registry;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A registry whose list of workers is never a second old.
    RedisRegistry uncached(RegistryLimits limits) {
        var clock = new AtomicLong();
        var registry = new RedisRegistry(settings(server()), limits, () -> clock.addAndGet(CONNECT.toNanos()));
        registry.start();
        awaitConnected(registry);
        return registry;
    }

    /// A registry that was started and may not be connected.
    RedisRegistry started(RedisSettings settings) {
        var registry = new RedisRegistry(settings, RegistryFixtures.limits(5, 50));
        opened.add(registry);
        registry.start();
        return registry;
    }

    /// The settings of the user with the fewest rights.
    static RedisSettings settings(RedisServer server) {
        return settings(server.port());
    }

    /// The same where Redis is found at another port.
    static RedisSettings settings(int port) {
        return new RedisSettings(
                Optional.empty(),
                Optional.of("127.0.0.1"),
                port,
                Optional.of("greenroom"),
                Optional.of(new Secret("change-me")));
    }

    /// What a reader that asks now for the first time is told.
    WorkerRecord record(WorkerId worker, RegistryLimits limits) {
        return registry(limits).workers().stream()
                .filter(record -> record.worker().equals(worker))
                .findFirst()
                .orElseThrow();
    }

    void awaitSubscription() {
        await().until(() -> !cli("PUBSUB", "NUMPAT").endsWith("0"));
    }

    void awaitConnected(RedisRegistry registry) {
        await().until(registry::isConnected);
    }

    void pass(Duration time) {
        RedisTime.pass(server(), time);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        var kind = new ArrayList<>(List.of(oldest ? "oldest" : "installed"));
        kind.addAll(Arrays.asList(options));
        server = SERVERS.computeIfAbsent(kind, _ -> start());
    }

    private RedisServer start() {
        var all = new ArrayList<>(List.of("--aclfile", users().toString()));
        all.addAll(Arrays.asList(options));
        var each = all.toArray(String[]::new);
        var started = oldest ? RedisServer.startOldest(each) : RedisServer.start(each);
        Runtime.getRuntime().addShutdownHook(new Thread(started::close));
        return started;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        cli("FLUSHALL");
    }

    /// The next test finds the server as if it were new, also after one that stopped it or broke off.
    @Override
    public void afterEach(ExtensionContext context) {
        opened.forEach(RedisRegistry::close);
        opened.clear();
        server().recover();
        cli("CLIENT", "KILL", "TYPE", "pubsub");
        cli("CONFIG", "RESETSTAT");
    }

    /// The shipped users, with the default user switched on for `cli`. Redis 6.2 knows no selectors (the
    /// part in parentheses), as `deploy/redis/README.md` says.
    private Path users() {
        try {
            var shipped = Files.readString(shippedUsers());
            var file = Files.createTempFile("greenroom-users", ".acl");
            file.toFile().deleteOnExit();
            return Files.writeString(
                    file,
                    (oldest ? shipped.replaceAll(" \\(.*\\)", "") : shipped)
                            .replace("user default off\n", "user default on nopass ~* &* +@all\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Tests run in the module's folder, or in that of the whole.
    static Path shippedUsers() {
        return List.of(Path.of("../deploy/redis/greenroom.acl"), Path.of("deploy/redis/greenroom.acl")).stream()
                .filter(Files::exists)
                .findFirst()
                .map(path -> path.toAbsolutePath().normalize())
                .orElseThrow(() -> new IllegalStateException("deploy/redis/greenroom.acl is missing"));
    }
}
