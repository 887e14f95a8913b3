package dev.greenroom.config;

import dev.greenroom.config.EffectiveSetting.Source;
import java.nio.file.Path;
import java.util.Optional;

/// The text of one setting.
///
/// @param variable the name under which it was given: the setting's own, or that of its file
/// @param text the value; for a file its content
/// @param file the file that the text came from
record Given(String variable, String text, Source source, Optional<Path> file) {
    Given(String variable, String text, Source source) {
        this(variable, text, source, Optional.empty());
    }
}
