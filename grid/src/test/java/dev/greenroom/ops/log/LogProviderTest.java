package dev.greenroom.ops.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import org.junit.jupiter.api.Test;

class LogProviderTest {
    @Test
    void before_it_is_known_how_warnings_are_written_and_nothing_less() {
        var provider = new LogProvider();

        provider.initialize();

        var root = ((LoggerContext) provider.getLoggerFactory()).getLogger(Logger.ROOT_LOGGER_NAME);
        assertThat(root.getLevel()).isEqualTo(Level.WARN);
        assertThat(root.iteratorForAppenders().hasNext()).isTrue();
        ((LoggerContext) provider.getLoggerFactory()).stop();
    }

    @Test
    void values_that_belong_to_a_thread_are_those_that_lines_are_written_with() {
        var provider = new LogProvider();
        provider.initialize();

        provider.getMDCAdapter().put("key", "value");

        var context = (LoggerContext) provider.getLoggerFactory();
        assertThat(context.getMDCAdapter().get("key")).isEqualTo("value");
        assertThat(provider.getMarkerFactory().getMarker("marker").getName()).isEqualTo("marker");
        context.stop();
    }
}
