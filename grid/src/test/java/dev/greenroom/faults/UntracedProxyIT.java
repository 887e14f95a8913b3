package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FakeCollector;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.testkit.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What tracing costs a proxy process that has it off, and that the variables of a real process reach it.
@Timeout(120)
class UntracedProxyIT {
    private static final String SDK = "io.opentelemetry.sdk.";

    @TempDir
    private Path folder;

    @Test
    void no_class_of_tracing_is_loaded_while_it_is_off() throws Exception {
        assertThat(loaded(Map.of(), () -> true))
                .contains("dev.greenroom.ops.tracing.Tracing")
                .doesNotContain("io.opentelemetry.");
    }

    @Test
    void the_standard_variables_switch_tracing_on() throws Exception {
        try (var collector = FakeCollector.start(200)) {
            var settings = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint(), "OTEL_BSP_SCHEDULE_DELAY", "50");

            assertThat(loaded(settings, () -> !collector.spans("connect").isEmpty()))
                    .contains(SDK);
        }
    }

    /// The classes of a proxy that has refused a client.
    ///
    /// @param done whether it may end
    private String loaded(Map<String, String> settings, Callable<Boolean> done) throws IOException {
        var classes = folder.resolve("classes.log");
        var flags = List.of("-Xlog:class+load:file=" + classes + "::filesize=0");
        try (var redis = RedisServer.start();
                var proxy = LoneProxy.start(redis.port(), List.of(), flags, settings);
                var client = RawClient.connect(proxy.port()).send(RawClient.upgrade("/", ""))) {
            assertThat(client.readAll()).startsWith("HTTP/1.1 503 ");
            await("it is done").atMost(Duration.ofSeconds(40)).until(done);
            return Files.readString(classes);
        }
    }
}
