package dev.greenroom.worker.store;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.process.FolderTree;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The driver store on disk, which several workers may share:
///
/// ```
/// core-1.52.0/          an unpacked playwright-core, complete: it got this name by an atomic rename
/// core-1.52.0.hold      locked by every JVM that uses it; its time is that of the last use
/// bundled-1.62.1/       node and playwright-core of the driver bundle
/// tmp-…/                being made; removed when it is old
/// ```
final class DriverStoreFolder {
    private static final Logger LOG = LoggerFactory.getLogger(DriverStoreFolder.class);
    private static final Pattern CORE = Pattern.compile("core-(\\d{1,4}\\.\\d{1,4}\\.\\d{1,6})");
    private static final String BUNDLED = "bundled-";
    private static final String TEMPORARY = "tmp-";
    private static final Duration OLD = Duration.ofHours(1);

    /// A driver that was just handed out may not be started yet.
    private static final Duration RECENT = Duration.ofMinutes(10);

    private final Path root;
    private final InstantSource clock;

    /// By folder; as many as there were drivers here since the start.
    private final ConcurrentMap<Path, FolderHold> holds = new ConcurrentHashMap<>();

    /// Makes the content of a folder.
    interface Filling {
        void into(Path folder) throws IOException, InterruptedException;
    }

    DriverStoreFolder(Path root, InstantSource clock) {
        this.root = root;
        this.clock = clock;
    }

    /// Every stored playwright-core, oldest version first, the newest patch of each minor only.
    List<DriverPackage> drivers() {
        return children().stream()
                .flatMap(folder -> driver(folder).stream())
                .sorted(Comparator.comparing(DriverPackage::version).thenComparingInt(DriverStoreFolder::patch))
                .toList();
    }

    /// Notes when a driver was used.
    void noteUse(DriverPackage driver, Instant at) {
        touch(holdFile(driver.folder()), at);
    }

    private static Optional<DriverPackage> driver(Path folder) {
        var matcher = CORE.matcher(folder.getFileName().toString());
        if (!matcher.matches() || !Files.isRegularFile(folder.resolve("package.json"))) {
            return Optional.empty();
        }
        var release = matcher.group(1);
        return PlaywrightVersion.of(release).map(version -> new DriverPackage(version, release, folder));
    }

    private static int patch(DriverPackage driver) {
        return Integer.parseInt(driver.release().substring(driver.release().lastIndexOf('.') + 1));
    }

    DriverPackage addDriver(PlaywrightVersion version, String release, Filling filling)
            throws IOException, InterruptedException {
        var folder = add("core-" + release, filling);
        touch(holdFile(folder), clock.instant());
        return new DriverPackage(version, release, folder);
    }

    Path addBundle(String release, Filling filling) throws IOException, InterruptedException {
        return add(BUNDLED + release, filling);
    }

    /// Fills a temporary folder and renames it. When another worker was faster, its folder is used.
    private Path add(String name, Filling filling) throws IOException, InterruptedException {
        var target = root.resolve(name);
        if (Files.isDirectory(target)) {
            return target;
        }
        Files.createDirectories(root);
        removeOldTemporaries();
        var draft = Files.createTempDirectory(root, TEMPORARY);
        try {
            filling.into(draft);
            move(draft, target);
            return target;
        } finally {
            if (Files.exists(draft)) {
                FolderTree.delete(draft);
            }
        }
    }

    private static void move(Path draft, Path target) throws IOException {
        try {
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            if (!Files.isDirectory(target)) {
                throw e;
            }
        }
    }

    /// The hold of this JVM on a driver. Its lock is held while the file is locked and unlocked, so that
    /// this blocks no other driver.
    private static final class FolderHold {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable FileChannel file;
        private int users;
    }

    private FolderHold hold(Path folder) {
        return holds.computeIfAbsent(folder, _ -> new FolderHold());
    }

    /// Keeps a driver from being evicted, by this JVM and by others.
    void hold(DriverPackage driver) {
        var hold = hold(driver.folder());
        hold.lock.lock();
        try {
            if (hold.users++ == 0) {
                hold.file = lock(driver.folder());
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Nobody evicts from a folder that is not writable. An overlapping lock is a hold of this process.
            LOG.atDebug()
                    .addKeyValue("folder", driver.folder())
                    .setCause(e)
                    .addKeyValue("code", "driver-is-used-without-a-lock")
                    .log("Driver used without a lock");
        } finally {
            hold.lock.unlock();
        }
    }

    private static FileChannel lock(Path folder) throws IOException {
        var channel = FileChannel.open(
                holdFile(folder), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        var locked = false;
        try {
            channel.lock(0, Long.MAX_VALUE, true);
            locked = true;
            return channel;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    void release(DriverPackage driver) {
        var hold = hold(driver.folder());
        hold.lock.lock();
        try {
            if (--hold.users > 0) {
                return;
            }
            touch(holdFile(driver.folder()), clock.instant());
            if (hold.file != null) {
                hold.file.close();
            }
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("folder", driver.folder())
                    .setCause(e)
                    .addKeyValue("code", "lock-was-lost")
                    .log("Lock of the driver lost");
        } finally {
            if (hold.users == 0) {
                hold.file = null;
            }
            hold.lock.unlock();
        }
    }

    /// Removes the drivers that were used longest ago until at most `keep` are left, except those in use.
    void evict(int keep) {
        var byUse = drivers().stream()
                .sorted(Comparator.comparing(driver -> lastUse(driver.folder())))
                .toList();
        int left = byUse.size();
        for (var driver : byUse) {
            if (left > keep && lastUse(driver.folder()).isBefore(clock.instant().minus(RECENT)) && evict(driver)) {
                left--;
            }
        }
    }

    private boolean evict(DriverPackage driver) {
        var folder = driver.folder();
        var file = holdFile(folder);
        var hold = hold(folder);
        if (!hold.lock.tryLock()) {
            return false; // a hold is being taken or released
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var mine = channel.tryLock()) {
            if (mine == null || hold.users > 0) {
                return false;
            }
            // Renamed first, so that a half removed driver does not look complete.
            var doomed = root.resolve(TEMPORARY + folder.getFileName());
            Files.move(folder, doomed, StandardCopyOption.ATOMIC_MOVE);
            FolderTree.delete(doomed);
            Files.deleteIfExists(file);
            LOG.atInfo()
                    .addKeyValue("release", driver.release())
                    .addKeyValue("code", "driver-removed-from-the-store")
                    .log("Driver removed from the store");
            return true;
        } catch (IOException | OverlappingFileLockException e) {
            LOG.atDebug()
                    .addKeyValue("folder", folder)
                    .setCause(e)
                    .addKeyValue("code", "driver-stays-in-the-store")
                    .log("Driver kept in the store");
            return false;
        } finally {
            hold.lock.unlock();
        }
    }

    private void removeOldTemporaries() {
        children().stream()
                .filter(child -> child.getFileName().toString().startsWith(TEMPORARY))
                .filter(child -> modified(child).isBefore(clock.instant().minus(OLD)))
                .forEach(FolderTree::delete);
    }

    private List<Path> children() {
        try (var entries = Files.list(root)) {
            return entries.toList();
        } catch (IOException _) {
            return List.of(); // not made yet
        }
    }

    private static Path holdFile(Path folder) {
        return folder.resolveSibling(folder.getFileName() + ".hold");
    }

    private static Instant lastUse(Path folder) {
        var file = holdFile(folder);
        return modified(Files.exists(file) ? file : folder);
    }

    private static Instant modified(Path path) {
        try {
            return Files.getLastModifiedTime(path).toInstant();
        } catch (IOException _) {
            return Instant.EPOCH;
        }
    }

    private static void touch(Path file, Instant at) {
        try {
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .close();
            Files.setLastModifiedTime(file, FileTime.from(at));
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("file", file)
                    .setCause(e)
                    .addKeyValue("code", "use-of-a-driver-cannot-be-noted")
                    .log("Last use of a driver not recorded");
        }
    }
}
