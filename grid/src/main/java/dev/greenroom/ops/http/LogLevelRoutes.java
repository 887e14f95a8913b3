package dev.greenroom.ops.http;

import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.ops.log.ProcessLog.LogLevelControl;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Reads and changes the log level of this process.
final class LogLevelRoutes {
    private static final int LONGEST_SECONDS = 86_400;

    private final LogLevelControl level;

    LogLevelRoutes(LogLevelControl level) {
        this.level = level;
    }

    /// @param seconds until the level of the settings is restored; 0 for a permanent change
    private record Level(String level, String configured, long seconds) {}

    void on(RouteTable table) {
        table.get("/v1/log-level", _ -> shown());
        table.on("PUT", "/v1/log-level", this::change);
    }

    private HttpResponse shown() {
        var now = level.now();
        return ApiJson.answer(
                200,
                new Level(word(now.level()), word(now.configured()), now.left().toSeconds()));
    }

    private HttpResponse change(RouteRequest call) {
        var wanted = call.head().query("level").flatMap(LogLevelRoutes::level);
        if (wanted.isEmpty()) {
            return ApiJson.error(400, "level must be debug, info, warn or error");
        }
        var seconds = call.number("seconds", 0, 0, LONGEST_SECONDS);
        if (seconds.isEmpty()) {
            return ApiJson.error(400, "seconds must be a whole number, 1 to " + LONGEST_SECONDS + "; 0 for good");
        }
        level.change(wanted.get(), Duration.ofSeconds(seconds.get()));
        return shown();
    }

    private static Optional<LogLevel> level(String word) {
        return Arrays.stream(LogLevel.values())
                .filter(level -> word(level).equals(word.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    private static String word(LogLevel level) {
        return level.name().toLowerCase(Locale.ROOT);
    }
}
