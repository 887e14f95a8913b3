package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Given;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerContract;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

final class RedisRegistryIT implements WorkerContract {
    private static RedisServer server;
    private RegistryLimits limits = Given.limits(1, 1);
    private final List<RedisRegistry> opened = new ArrayList<>();

    @BeforeAll
    static void startRedis() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    @BeforeEach
    void emptyRedis() {
        server.cli("FLUSHALL");
    }

    @AfterEach
    void closeRegistries() {
        opened.forEach(RedisRegistry::close);
    }

    @Override
    public Registry registry(RegistryLimits limits) {
        this.limits = limits;
        try {
            var registry = RedisRegistry.connect(server.settings(), limits, Duration.ofSeconds(10));
            opened.add(registry);
            return registry;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void pass(Duration time) {
        RedisTime.pass(server, time);
    }

    @Override
    public WorkerRecord record(Registry registry, WorkerId worker) {
        // The list may be a second old; what a test wants to see is what a new reader sees.
        try (var reader = RedisRegistry.connect(server.settings(), limits, Duration.ofSeconds(10))) {
            return WorkerContract.super.record(reader, worker);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void awaitHintsOf(Registry registry) {
        await().until(() -> !server.cli("PUBSUB", "NUMPAT").endsWith("0"));
        assertThat(server.cli("PING")).isEqualTo("PONG");
    }
}
