package dev.greenroom.worker.driver;

import dev.greenroom.worker.process.FolderTree;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
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

    /// A copy leaves at least this much of its file system free.
    private static final long MIN_FREE_BYTES = 256L << 20;

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
        try {
            Files.walkFileTree(real, new Taking(real, place));
            return place;
        } catch (IOException e) {
            FolderTree.delete(numbered);
            throw e;
        }
    }

    private static void makeFolder(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            Files.setPosixFilePermissions(Files.createDirectory(folder), PROGRAM); // whatever the umask is
        }
    }

    /// Whether all users may enter every parent folder of a file or folder.
    ///
    /// @param real without links
    static boolean isReachable(Path real) throws IOException {
        for (var parent = real.getParent(); parent != null; parent = parent.getParent()) {
            if (!Files.getPosixFilePermissions(parent).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return false;
            }
        }
        return true;
    }

    /// Whether all users may reach it and read all of it. A link without a target counts for nothing.
    private static boolean isOpen(Path real) throws IOException {
        if (!isReachable(real)) {
            return false;
        }
        try (var files = Files.walk(real)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (Files.exists(file) && !isOpenItself(file)) {
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
            if (attributes.isSymbolicLink()) {
                takeLink(file);
            } else if (attributes.isRegularFile() && !linked(file)) {
                copy(file, attributes.size());
            }
            return FileVisitResult.CONTINUE;
        }

        /// A link stays a link: what it leads to outside becomes readable to nobody.
        private void takeLink(Path file) throws IOException {
            if (Files.exists(file)) {
                var target = file.toRealPath();
                var inside = target.startsWith(from);
                var place = place(file);
                Files.createSymbolicLink(place, inside ? place(target) : target);
            }
        }

        private void copy(Path file, long size) throws IOException {
            var place = place(file);
            var left = Files.getFileStore(place.getParent()).getUsableSpace() - size;
            if (left < MIN_FREE_BYTES) {
                throw new IOException("there is not enough room for " + file + ", of " + (size >> 20) + " MiB");
            }
            Files.copy(file, place, LinkOption.NOFOLLOW_LINKS);
            Files.setPosixFilePermissions(place, Files.isExecutable(file) ? PROGRAM : FILE);
        }

        /// Within one file system. A file that others may write to is not linked: they could not reach it
        /// until now.
        private boolean linked(Path file) throws IOException {
            if (!isOpenItself(file) || Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE)) {
                return false;
            }
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
