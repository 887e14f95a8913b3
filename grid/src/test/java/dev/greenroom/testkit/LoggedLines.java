package dev.greenroom.testkit;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/// What a package or class logs while a test runs, at debug and above. Test classes run side by side, so
/// lines of others may be among them: a test picks its own by what is in them, or its class is `@Isolated`.
public final class LoggedLines implements AutoCloseable {
    /// How many listen to a logger, which is as it was when the last of them has gone.
    private static final Map<String, Integer> LISTENERS = new ConcurrentHashMap<>();

    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final Logger logger;
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            events.add(event);
        }
    };

    private LoggedLines(Logger logger) {
        this.logger = logger;
    }

    /// Listens to the loggers of this name and below it.
    public static LoggedLines of(String name) {
        // Another class may be the first that logs, just now.
        await().until(() -> LoggerFactory.getILoggerFactory() instanceof LoggerContext);
        var lines = new LoggedLines((Logger) LoggerFactory.getLogger(name));
        lines.appender.setContext(lines.logger.getLoggerContext());
        lines.appender.start();
        LISTENERS.compute(name, (_, listeners) -> {
            lines.logger.setLevel(Level.DEBUG);
            lines.logger.setAdditive(false);
            lines.logger.addAppender(lines.appender);
            return listeners == null ? 1 : listeners + 1;
        });
        return lines;
    }

    /// The lines with a code: level, text, then the keys and values.
    public List<String> withCode(String code) {
        return events.stream()
                .filter(event -> pairs(event).stream()
                        .anyMatch(pair -> pair.key.equals("code") && code.equals(String.valueOf(pair.value))))
                .map(event -> event.getLevel() + " " + event.getFormattedMessage() + " " + pairs(event))
                .toList();
    }

    /// The codes of all lines at a level or above, in their order.
    public List<String> codesFrom(Level least) {
        return events.stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(least))
                .map(event -> pairs(event).stream()
                        .filter(pair -> pair.key.equals("code"))
                        .map(pair -> String.valueOf(pair.value))
                        .findFirst()
                        .orElse(event.getFormattedMessage()))
                .toList();
    }

    /// Forgets what was logged.
    public void clear() {
        events.clear();
    }

    private static String whole(ILoggingEvent event) {
        var thrown = event.getThrowableProxy();
        var trace = thrown == null ? "" : ThrowableProxyUtil.asString(thrown);
        return event.getFormattedMessage() + " " + pairs(event) + trace;
    }

    private static List<KeyValuePair> pairs(ILoggingEvent event) {
        return Objects.requireNonNullElse(event.getKeyValuePairs(), List.of());
    }

    /// They were kept from where lines go, so they are written where `./check --all` looks for secrets.
    @Override
    public void close() {
        try {
            var lines = events.stream().map(LoggedLines::whole).toList();
            Files.write(Outputs.file("logged-" + logger.getName()), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        LISTENERS.computeIfPresent(logger.getName(), (_, listeners) -> {
            logger.detachAppender(appender);
            if (listeners > 1) {
                return listeners - 1;
            }
            logger.setLevel(null);
            logger.setAdditive(true);
            return null;
        });
        appender.stop();
    }
}
