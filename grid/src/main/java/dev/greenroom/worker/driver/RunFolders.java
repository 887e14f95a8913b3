package dev.greenroom.worker.driver;

import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.ChildProcess.ProcessTree;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.FolderTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The private folders of a worker's drivers: one for the worker, and in it one for each driver. A file
/// lock, which the kernel releases with the process, shows whether the worker of a folder is alive; folders
/// of dead workers are removed at the next start.
public final class RunFolders implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolders.class);
    private static final String PREFIX = "gr-";
    private static final String DRAFT = ".new";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9a-f]{8}");
    private static final Pattern DRAFT_NAME = Pattern.compile(PREFIX + "[0-9a-f]{8}" + Pattern.quote(DRAFT));

    /// A folder gets its final name at once; one without it after this time belongs to a dead worker.
    private static final Duration DRAFT_AGE = Duration.ofMinutes(10);

    private static final String LOCK = "lock";
    private static final String TEMPORARY = "tmp";
    private static final Path PROCESSES = Path.of("/proc");
    private static final int ATTEMPTS = 10;

    /// The kernel keeps 108 bytes for the path of a Unix socket on Linux, 104 on macOS, the last one a
    /// zero.
    static final int MAX_SOCKET_PATH_BYTES = 103;

    private final Path folder;
    private final FileChannel lock;
    private final BrowserUser user;
    private final RandomGenerator random;
    private final ReadableFiles readable;
    private final AtomicInteger hosts = new AtomicInteger();

    private RunFolders(Path folder, FileChannel lock, BrowserUser user, RandomGenerator random) {
        this.folder = folder;
        this.lock = lock;
        this.user = user;
        this.random = random;
        this.readable = new ReadableFiles(folder.resolve("r"));
    }

    /// Creates the worker's folder, for drivers that run as the worker's user, and removes those of dead
    /// workers.
    ///
    /// @param parent a short path, usually the system's folder for temporary files
    /// @throws DriverFailedException when nothing can be made there
    public static RunFolders open(Path parent, RandomGenerator random) {
        return open(parent, random, new BrowserUser.OfWorker());
    }

    /// The same, for drivers that may run as another user.
    ///
    /// @param user the owner of the folders of drivers
    public static RunFolders open(Path parent, RandomGenerator random, BrowserUser user) {
        sweep(parent);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            var folder = parent.resolve(PREFIX + String.format("%08x", random.nextInt()));
            try {
                return new RunFolders(folder, create(folder, user), user, random);
            } catch (FileAlreadyExistsException _) {
                LOG.atDebug()
                        .addKeyValue("folder", folder)
                        .addKeyValue("code", "run-folder-exists-trying-another-name")
                        .log("Run folder exists; trying another name");
            } catch (IOException e) {
                throw new DriverFailedException(
                        "cannot make a private folder in " + parent + " (" + e.getMessage()
                                + "); set -Djava.io.tmpdir to a folder that this user may write to",
                        e);
            }
        }
        throw new DriverFailedException("every name tried in " + parent + " is taken; remove " + PREFIX + "* there");
    }

    /// The lock is taken before the folder gets the name that other workers look for.
    private static FileChannel create(Path folder, BrowserUser user) throws IOException {
        var draft = privateFolder(folder.resolveSibling(folder.getFileName() + DRAFT));
        var channel = FileChannel.open(
                draft.resolve(LOCK),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        channel.lock();
        user.enter(draft);
        Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
        return channel;
    }

    static Path privateFolder(Path folder) throws IOException {
        return Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// Creates the folder of one more driver.
    ///
    /// @throws DriverFailedException when it cannot be made, or no user is free
    synchronized DriverFolder next() {
        var folder = this.folder.resolve(Integer.toString(hosts.incrementAndGet()));
        try {
            var driversUser = user instanceof BrowserUser.Other ? user.ofDriver(takenUsers(), random) : user;
            user.enter(privateFolder(folder));
            return new DriverFolder(
                    folder,
                    given(folder.resolve("s"), driversUser),
                    given(folder.resolve(TEMPORARY), driversUser),
                    given(folder.resolve("home"), driversUser),
                    driversUser);
        } catch (IOException e) {
            throw new DriverFailedException("cannot make a folder for a driver in " + this.folder + " (" + e + ")", e);
        }
    }

    /// Makes a folder for the files of another program that runs as [#user]; removed by the caller, or with
    /// all others.
    public synchronized Path scratch() throws IOException {
        return given(folder.resolve("f" + hosts.incrementAndGet()), user);
    }

    private static Path given(Path folder, BrowserUser owner) throws IOException {
        owner.own(privateFolder(folder));
        return folder;
    }

    /// The users of the drivers beside this one, which own their folders before they run, and of all processes
    /// of this machine: drivers of other workers, and browsers that are not gone yet.
    private Set<Integer> takenUsers() {
        var users = new HashSet<Integer>();
        for (var worker : entries(folder.resolveSibling(""), PREFIX + "*")) {
            for (var driver : entries(worker, "[0-9]*")) {
                addOwner(driver.resolve(TEMPORARY), users);
            }
        }
        for (var process : entries(PROCESSES, "[0-9]*")) {
            addOwner(process, users);
        }
        return users;
    }

    private static void addOwner(Path path, Set<Integer> users) {
        try {
            users.add((Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS));
        } catch (IOException _) {
            // It has ended.
        }
    }

    private static List<Path> entries(Path folder, String pattern) {
        try (var entries = Files.newDirectoryStream(folder, pattern)) {
            return StreamSupport.stream(entries.spliterator(), false).toList();
        } catch (IOException | DirectoryIteratorException _) {
            return List.of();
        }
    }

    /// The user that is tried at start; each driver, and its browsers, may have one of its own.
    public BrowserUser user() {
        return user;
    }

    /// The parent of all folders, which that user must be able to enter.
    public Path root() {
        return folder;
    }

    /// Whether every user may enter all parent folders of a file.
    ///
    /// @param real without links
    public static boolean isReachable(Path real) throws IOException {
        return ReadableFiles.isReachable(real);
    }

    /// Where that user can read a program or a package: in place if possible, else a copy in here.
    ///
    /// @throws DriverFailedException when it cannot be copied
    public Path readable(Path original) {
        if (user instanceof BrowserUser.OfWorker) {
            return original;
        }
        try {
            return readable.of(original);
        } catch (IOException e) {
            throw new DriverFailedException("cannot put " + original + " into " + folder + " (" + e + ")", e);
        }
    }

    /// Removes everything.
    @Override
    public void close() {
        FolderTree.delete(folder);
        try {
            lock.close();
        } catch (IOException e) {
            LOG.atDebug()
                    .setCause(e)
                    .addKeyValue("code", "lock-of-the-run-folder-was-lost")
                    .log("Lock of the run folder lost");
        }
    }

    private static void sweep(Path parent) {
        List<Path> entries;
        try (var all = Files.list(parent)) {
            entries = all.toList();
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("folder", parent)
                    .setCause(e)
                    .addKeyValue("code", "run-folders-cannot-be-listed")
                    .log("Run folders not listed");
            return;
        }
        entries.stream()
                .filter(entry -> NAME.matcher(entry.getFileName().toString()).matches())
                .filter(entry -> Files.isRegularFile(entry.resolve(LOCK), LinkOption.NOFOLLOW_LINKS))
                .forEach(RunFolders::sweepIfDead);
        entries.stream()
                .filter(entry ->
                        DRAFT_NAME.matcher(entry.getFileName().toString()).matches())
                .forEach(RunFolders::sweepIfOld);
    }

    /// Removes the draft of a worker that died before its folder had its name.
    private static void sweepIfOld(Path draft) {
        try {
            var made =
                    Files.getLastModifiedTime(draft, LinkOption.NOFOLLOW_LINKS).toInstant();
            if (Files.isDirectory(draft, LinkOption.NOFOLLOW_LINKS)
                    && made.isBefore(Instant.now().minus(DRAFT_AGE))) {
                FolderTree.delete(draft);
            }
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("folder", draft)
                    .setCause(e)
                    .addKeyValue("code", "not-ours-to-sweep")
                    .log("Run folder of another owner skipped");
        }
    }

    private static void sweepIfDead(Path folder) {
        try (var channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock mine = channel.tryLock()) {
            if (mine == null) {
                return;
            }
            killOrphans(folder);
            FolderTree.delete(folder);
            LOG.atInfo()
                    .addKeyValue("folder", folder)
                    .addKeyValue("code", "swept-what-a-dead-worker-left")
                    .log("Run folder of a dead worker removed");
        } catch (OverlappingFileLockException _) {
            // A worker of this very process holds it.
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("folder", folder)
                    .setCause(e)
                    .addKeyValue("code", "not-ours-to-sweep")
                    .log("Run folder of another owner skipped");
        }
    }

    /// A driver that hung when its worker died did not notice the end of its stdin. Its command line names
    /// the folder, and no other does.
    private static void killOrphans(Path folder) {
        ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(folder + "/"))
                        .isPresent())
                .forEach(process -> ProcessTree.of(process).kill());
    }
}
