package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;

/// Level and format of the log.
@SettingsSection("Log")
public record LogSettings(
        @Setting(name = "LOG_LEVEL", fallback = "info", meaning = "debug, info, warn or error.")
        LogLevel level,

        @Setting(
                name = "LOG_FORMAT",
                fallback = "json",
                meaning = "json, or text (logfmt). `greenroom up` writes text by default.")
        LogFormat format) {
    /// The format of log lines.
    public enum LogFormat {
        JSON,
        TEXT
    }

    /// The lowest level that is logged.
    public enum LogLevel {
        DEBUG,
        INFO,
        WARN,
        ERROR
    }
}
