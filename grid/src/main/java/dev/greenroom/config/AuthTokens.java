package dev.greenroom.config;

import java.nio.file.Path;
import java.util.Optional;

/// The tokens that clients may show, as they were given.
///
/// @param text what [TokenList] reads
/// @param file where the text came from, to be read again when it changes; empty for a text that was given itself
public record AuthTokens(Secret text, Optional<Path> file) {
    AuthTokens(Secret text) {
        this(text, Optional.empty());
    }
}
