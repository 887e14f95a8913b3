package dev.greenroom.config;

import java.util.List;

/// What came of reading a command's settings.
public sealed interface SettingsResult<S extends SettingsRoot> {

    /// One sentence each: what is allowed but unwise, or probably a slip.
    List<String> warnings();

    /// Every rule is kept.
    ///
    /// @param effective every setting, in the order of the catalog
    record Valid<S extends SettingsRoot>(S settings, List<EffectiveSetting> effective, List<String> warnings)
            implements SettingsResult<S> {}

    /// The command must not start.
    ///
    /// @param problems all of them, each `NAME=value: rule, and what to do`
    record Invalid<S extends SettingsRoot>(List<String> problems, List<String> warnings) implements SettingsResult<S> {}

    /// What a setting came to, for people to see.
    ///
    /// @param name the environment variable
    /// @param value its text; secrets are masked; empty when there is none
    /// @param source who said so
    public record EffectiveSetting(String name, String value, SettingSource source) {

        /// Where a value comes from.
        public enum SettingSource {
            DEFAULT,
            ENVIRONMENT,
            FLAG,
            FILE
        }
    }
}
