package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;

/// What is logged, and how.
@SettingsSection("Log")
public record LogSettings(
        @Setting(name = "LOG_LEVEL", fallback = "info", meaning = "debug, info, warn or error.")
        LogLevel level,

        @Setting(
                name = "LOG_FORMAT",
                fallback = "json",
                meaning = "json, or text (logfmt). `greenroom up` writes text unless told otherwise.")
        LogFormat format) {
    /// How a log line looks.
    public enum LogFormat {
        JSON,
        TEXT
    }

    /// How much is logged.
    public enum LogLevel {
        DEBUG,
        INFO,
        WARN,
        ERROR
    }
}
