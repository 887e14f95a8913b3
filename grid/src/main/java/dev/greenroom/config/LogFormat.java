package dev.greenroom.config;

/// How a log line looks.
public enum LogFormat {
    JSON,
    TEXT
}
