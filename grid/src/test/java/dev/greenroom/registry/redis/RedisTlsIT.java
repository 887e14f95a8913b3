package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.testkit.Certified;
import dev.greenroom.testkit.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// A Redis that accepts only TLS, with `rediss://`.
@Timeout(120)
@Tag("check")
final class RedisTlsIT {
    private static final String STORE = "javax.net.ssl.trustStore";
    private static final String STORE_PASSWORD = "javax.net.ssl.trustStorePassword";
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        if (LoggerFactory.getLogger(OutageLog.class) instanceof Logger logger) {
            log.start();
            logger.addAppender(log);
        }
    }

    @AfterEach
    void forget() {
        System.clearProperty(STORE);
        System.clearProperty(STORE_PASSWORD);
        if (LoggerFactory.getLogger(OutageLog.class) instanceof Logger logger) {
            logger.detachAppender(log);
        }
    }

    /// Lets this JVM trust a certificate, as an operator does with `JAVA_OPTS`.
    private static void trust(Certified... certificates) {
        System.setProperty(STORE, certificates[0].store().toString());
        System.setProperty(STORE_PASSWORD, Certified.PASSWORD);
    }

    private static RedisServer serve(Certified with) {
        return RedisServer.startTls(with);
    }

    private static RedisRegistry registry(RedisServer server) {
        var url = new Secret("rediss://127.0.0.1:" + server.port());
        var settings = new RedisSettings(
                Optional.of(url), Optional.empty(), server.port(), Optional.empty(), Optional.empty());
        var registry = new RedisRegistry(settings, RegistryFixtures.limits(5, 50));
        registry.start();
        return registry;
    }

    private void awaitCode(String code) {
        await(code)
                .atMost(LONG)
                .until(() -> log.list.stream()
                        .anyMatch(event -> event.getKeyValuePairs() != null
                                && event.getKeyValuePairs().stream()
                                        .anyMatch(pair -> pair.key.equals("code") && code.equals(pair.value))));
    }

    private static void awaitService(RedisRegistry registry) {
        await().atMost(LONG).ignoreExceptions().untilAsserted(() -> {
            registry.heartbeat(beat("a"));
            assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
        });
    }

    @Test
    void a_registry_behind_tls_serves_and_receives_notifications(@TempDir Path folder) {
        var trusted = Certified.in(folder, "trusted", "-1d", 30);
        trust(trusted);
        try (var server = serve(trusted);
                var registry = registry(server)) {
            awaitService(registry);
        }
    }

    @Test
    void an_untrusted_certificate_is_refused(@TempDir Path folder) {
        trust(Certified.in(folder, "trusted", "-1d", 30));
        try (var server = serve(Certified.in(folder, "stranger", "-1d", 30));
                var registry = registry(server)) {
            awaitCode("REDIS_TLS_FAILED");
            assertThat(registry.isConnected()).isFalse();
        }
    }

    @Test
    void FR17_a_certificate_that_expired_is_an_outage_with_a_code_that_ends_with_a_new_one(@TempDir Path folder)
            throws IOException {
        var good = Certified.in(folder, "good", "-1d", 30);
        var expired = Certified.in(folder, "expired", "-10d", 1);
        trust(good);
        try (var server = serve(good);
                var registry = registry(server)) {
            awaitService(registry);
            server.stop();
            var kept = keep(good, folder);
            copy(expired, good);
            trust(expired);
            server.startAgain();

            awaitCode("REDIS_TLS_FAILED");
            var began = System.nanoTime();
            assertThatExceptionOfType(RegistryUnavailableException.class).isThrownBy(() -> registry.acquire(request()));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
            server.stop();
            copy(kept, good);
            trust(kept);
            server.startAgain();

            awaitService(registry);
        }
    }

    private static Certified keep(Certified from, Path folder) throws IOException {
        var to = new Certified(folder.resolve("kept.crt"), folder.resolve("kept.key"), folder.resolve("kept.p12"));
        copy(from, to);
        return to;
    }

    /// The server reads its files when it starts.
    private static void copy(Certified from, Certified to) throws IOException {
        Files.copy(from.certificate(), to.certificate(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(from.key(), to.key(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(from.store(), to.store(), StandardCopyOption.REPLACE_EXISTING);
    }
}
