package dev.greenroom.config;

/// How much is logged.
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
}
