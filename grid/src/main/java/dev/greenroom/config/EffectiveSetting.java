package dev.greenroom.config;

/// What a setting came to, for people to see.
///
/// @param name the environment variable
/// @param value its text; secrets are masked; empty when there is none
/// @param source who said so
public record EffectiveSetting(String name, String value, Source source) {

    /// Where a value comes from.
    public enum Source {
        DEFAULT,
        ENVIRONMENT,
        FLAG,
        FILE
    }
}
