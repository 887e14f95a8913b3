package dev.greenroom.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/// Rules that are in no file, checked by promtool.
final class PromQuery {
    private PromQuery() {}

    static Tool check(String promtool, String rules) {
        try {
            var file = Files.createTempFile("rules", ".yaml");
            try {
                Files.writeString(file, rules);
                return Tool.run("promtool is in the package prometheus", promtool, "check", "rules", file.toString());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
