package dev.greenroom.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Text files that are part of the program's jar.
public final class TextResource {
    private TextResource() {}

    /// Reads a whole resource as UTF-8.
    ///
    /// @param owner the class in whose package the resource is
    /// @param name of the file, without a path
    /// @throws IllegalStateException when the program was built without it
    public static String read(Class<?> owner, String name) {
        try (var stream = owner.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("the program was built without its " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the program's own " + name + " cannot be read", e);
        }
    }
}
