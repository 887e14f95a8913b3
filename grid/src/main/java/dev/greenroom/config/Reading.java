package dev.greenroom.config;

import java.util.List;
import java.util.function.Supplier;

/// What came of reading a command's settings.
public sealed interface Reading<S extends SettingsRoot> {

    /// One sentence each: what is allowed but unwise, or probably a slip. Looked for when this is called, which takes
    /// as
    /// long as all other reading.
    List<String> warnings();

    /// Every rule is kept.
    ///
    /// @param effective every setting, in the order of the catalog
    /// @param warning finds the warnings
    record Valid<S extends SettingsRoot>(
            S settings, List<EffectiveSetting> effective, Supplier<List<String>> warning) implements Reading<S> {
        @Override
        public List<String> warnings() {
            return warning.get();
        }
    }

    /// The command must not start.
    ///
    /// @param problems all of them, each `NAME=value: rule, and what to do`
    record Invalid<S extends SettingsRoot>(List<String> problems, List<String> warnings) implements Reading<S> {}
}
