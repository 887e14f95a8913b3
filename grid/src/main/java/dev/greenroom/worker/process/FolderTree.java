package dev.greenroom.worker.process;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes folders recursively. Links are deleted and never followed, even when a folder is replaced with a
/// link meanwhile: users with fewer rights may write there.
public final class FolderTree {
    private static final Logger LOG = LoggerFactory.getLogger(FolderTree.class);

    /// Deeper than browsers go. Each level costs a file descriptor while it is deleted.
    private static final int MAX_DEPTH = 200;

    private FolderTree() {}

    /// Deletes a folder; logs what cannot be deleted. No other user may write to its parent folder.
    public static void delete(Path folder) {
        var path = folder.toAbsolutePath();
        try (var parent = Files.newDirectoryStream(path.getParent())) {
            if (parent instanceof SecureDirectoryStream<Path> secure) {
                deleteFolder(secure, path.getFileName(), MAX_DEPTH);
            } else {
                Files.walkFileTree(path, new Deleting());
            }
        } catch (NoSuchFileException _) {
            // Gone already.
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("folder", folder)
                    .setCause(e)
                    .addKeyValue("code", "folder-could-not-be-removed")
                    .log("Folder not removed");
        }
    }

    private static void deleteFolder(SecureDirectoryStream<Path> parent, Path name, int depth) throws IOException {
        if (depth == 0) {
            throw new FileSystemException(name.toString(), null, "is too deep in a folder");
        }
        try (var folder = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
            for (var entry : folder) {
                deleteEntry(folder, entry.getFileName(), depth);
            }
        }
        parent.deleteDirectory(name);
    }

    private static void deleteEntry(SecureDirectoryStream<Path> folder, Path name, int depth) throws IOException {
        try {
            var view = folder.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            if (view.readAttributes().isDirectory()) {
                deleteFolder(folder, name, depth - 1);
            } else {
                folder.deleteFile(name);
            }
        } catch (NoSuchFileException _) {
            // Gone meanwhile.
        }
    }

    private static final class Deleting extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // gone already, or unreadable: deleting its parent will tell
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
