package dev.greenroom.worker.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/// Folders that everybody may enter and read, as the system's folder for temporary files.
public final class OpenFolder implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
        return Files.setPosixFilePermissions(
                Files.createTempDirectory("open"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
