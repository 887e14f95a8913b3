package dev.greenroom.config;

import java.util.List;

/// What came of reading a command's settings.
public sealed interface Reading<S extends SettingsRoot> {

    /// One sentence each: what is allowed but unwise, or probably a slip.
    List<String> warnings();

    /// Every rule is kept.
    ///
    /// @param effective every setting, in the order of the catalog
    record Valid<S extends SettingsRoot>(S settings, List<EffectiveSetting> effective, List<String> warnings)
            implements Reading<S> {}

    /// The command must not start.
    ///
    /// @param problems all of them, each `NAME=value: rule, and what to do`
    record Invalid<S extends SettingsRoot>(List<String> problems, List<String> warnings) implements Reading<S> {}
}
