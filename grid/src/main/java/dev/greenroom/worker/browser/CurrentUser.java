package dev.greenroom.worker.browser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Who runs this process.
final class CurrentUser {
    private CurrentUser() {}

    static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
            return "root".equals(System.getProperty("user.name"));
        }
    }
}
