package dev.greenroom.worker.driver;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Provides programs and packages where all users can read them: in place if possible, else in a folder of
/// the worker, as hard links where the file system allows that. Safe for use by many threads.
final class ReadableFiles {
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");
    private static final Set<PosixFilePermission> PROGRAM = PosixFilePermissions.fromString("rwxr-xr-x");

    private final Path folder;
    private final Map<Path, Path> places = new HashMap<>(); // guarded by this

    /// @param folder created on demand; its parent must be accessible to the readers
    public ReadableFiles(Path folder) {
        this.folder = folder;
    }

    /// The readable place of a file or a folder. Blocks on the first call for it.
    public synchronized Path of(Path original) throws IOException {
        var known = places.get(original);
        if (known != null) {
            return known;
        }
        var real = original.toRealPath();
        var place = isOpen(real) ? original : taken(real);
        places.put(original, place);
        return place;
    }

    private Path taken(Path real) throws IOException {
        var numbered = folder.resolve(Integer.toString(places.size()));
        var place = numbered.resolve(real.getFileName());
        makeFolder(folder);
        makeFolder(numbered);
        Files.walkFileTree(real, new Taking(real, place));
        return place;
    }

    private static void makeFolder(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            Files.setPosixFilePermissions(Files.createDirectory(folder), PROGRAM); // whatever the umask is
        }
    }

    /// Whether all users may read all of it, and enter every parent folder.
    private static boolean isOpen(Path real) throws IOException {
        for (var parent = real.getParent(); parent != null; parent = parent.getParent()) {
            if (!Files.getPosixFilePermissions(parent).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return false;
            }
        }
        try (var files = Files.walk(real)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (!isOpenItself(file)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isOpenItself(Path file) throws IOException {
        var permissions = Files.getPosixFilePermissions(file);
        return permissions.contains(PosixFilePermission.OTHERS_READ)
                && (!permissions.contains(PosixFilePermission.OWNER_EXECUTE)
                        || permissions.contains(PosixFilePermission.OTHERS_EXECUTE));
    }

    private static final class Taking extends SimpleFileVisitor<Path> {
        private final Path from;
        private final Path to;

        Taking(Path from, Path to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            makeFolder(place(folder));
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (!attributes.isRegularFile() || !isOpenItself(file) || !linked(file)) {
                Files.copy(file, place(file), StandardCopyOption.REPLACE_EXISTING);
                Files.setPosixFilePermissions(place(file), Files.isExecutable(file) ? PROGRAM : FILE);
            }
            return FileVisitResult.CONTINUE;
        }

        /// Within one file system.
        private boolean linked(Path file) {
            try {
                Files.createLink(place(file), file);
                return true;
            } catch (IOException | UnsupportedOperationException _) {
                return false;
            }
        }

        private Path place(Path original) {
            return original.equals(from)
                    ? to
                    : to.resolve(from.relativize(original).toString());
        }
    }
}
