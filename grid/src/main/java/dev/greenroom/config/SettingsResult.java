package dev.greenroom.config;

import java.util.List;

/// The result of reading the settings of a command.
public sealed interface SettingsResult<S extends SettingsRoot> {

    /// One sentence each: values that are valid but questionable, and probable typing errors.
    List<String> warnings();

    /// All settings are valid.
    ///
    /// @param effective every setting, in the order of the catalog
    record Valid<S extends SettingsRoot>(S settings, List<EffectiveSetting> effective, List<String> warnings)
            implements SettingsResult<S> {}

    /// A setting is invalid; the command must not start.
    ///
    /// @param problems all of them, each `NAME=value: rule, and what to do`
    record Invalid<S extends SettingsRoot>(List<String> problems, List<String> warnings) implements SettingsResult<S> {}

    /// The effective value of a setting, for display.
    ///
    /// @param name the environment variable
    /// @param value its text; masked if secret; empty for none
    /// @param source where the value comes from
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
