package dev.greenroom.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import dev.greenroom.config.LogFormat;
import dev.greenroom.config.LogLevel;
import dev.greenroom.config.LogSettings;
import dev.greenroom.ops.log.ProcessLog;
import dev.greenroom.ops.log.QuietStart;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(20)
class AdviceTest {
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final AtomicInteger asked = new AtomicInteger();

    @AfterEach
    void be_quiet_again() {
        new QuietStart().configure((LoggerContext) LoggerFactory.getILoggerFactory());
    }

    @Test
    void a_service_that_ends_at_once_has_its_advice_in_the_log_before() {
        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), log);
                var _ = new Advice(this::sentences)) {
            assertThat(asked).as("while it starts").hasValue(0);
        }

        assertThat(log.toString(StandardCharsets.UTF_8)).contains("advice=\"PROT is nearly PORT\"");
        assertThat(asked).hasValue(1);
    }

    @Test
    void one_that_goes_on_has_it_soon_and_once() {
        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), log);
                var _ = new Advice(this::sentences)) {
            await().atMost(Duration.ofSeconds(10)).until(() -> asked.get() == 1);
        }

        assertThat(log.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
    }

    private List<String> sentences() {
        asked.incrementAndGet();
        return List.of("PROT is nearly PORT");
    }
}
