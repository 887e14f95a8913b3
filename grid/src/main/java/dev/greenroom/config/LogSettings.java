package dev.greenroom.config;

/// What is logged, and how.
@Section("Log")
public record LogSettings(
        @Setting(name = "LOG_LEVEL", fallback = "info", meaning = "debug, info, warn or error.")
        LogLevel level,

        @Setting(
                name = "LOG_FORMAT",
                fallback = "json",
                meaning = "json, or text (logfmt). `greenroom up` writes text unless told otherwise.")
        LogFormat format) {}
