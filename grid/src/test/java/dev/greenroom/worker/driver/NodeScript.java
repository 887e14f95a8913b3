package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// Runs a script in node beside one of the driver's own.
final class NodeScript {
    private NodeScript() {}

    /// Runs it; answers what it printed.
    ///
    /// @param name of the driver's script, whose path is the first argument
    /// @param needed other scripts that it loads
    static String said(Path folder, String name, String text, String... needed)
            throws IOException, InterruptedException {
        var script = Files.writeString(folder.resolve("script.js"), text);
        copy(folder, name);
        for (var other : needed) {
            copy(folder, other);
        }
        var node = new ProcessBuilder(
                        "node", script.toString(), folder.resolve(name).toString())
                .redirectErrorStream(true)
                .start();
        var said = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(node.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    private static void copy(Path folder, String name) throws IOException {
        try (InputStream own = Objects.requireNonNull(NodeScript.class.getResourceAsStream(name), name)) {
            Files.copy(own, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
