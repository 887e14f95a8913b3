package dev.greenroom.worker.recording;

import dev.greenroom.config.WorkerSections.RecordingSettings;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.driver.PageViews.ViewOptions;
import dev.greenroom.worker.driver.PageViews.WatchedPage;
import dev.greenroom.worker.driver.RunFolders;
import dev.greenroom.worker.pool.PooledBrowser;
import dev.greenroom.worker.process.FolderTree;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The recordings of sessions, in a folder that all worker processes of a machine may share. Thread-safe.
public final class Recordings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Recordings.class);
    private static final Duration SWEEP = Duration.ofMinutes(5);
    private static final String VIDEO = ".webm";
    private static final String DRAFT = ".part";

    /// Between the id of a session and its tenant.
    private static final String OF = "~";

    private static final String TENANT = "[A-Za-z0-9._%+*-]{0,200}";
    private static final int QUALITY = 70;
    private static final int PIXELS = 1280;
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final RecordingSettings settings;
    private final BrowserType type;
    private final Optional<VideoProgram> program;
    private final Map<SessionId, CompletableFuture<Void>> unfinished = new ConcurrentHashMap<>();
    private final PeriodicTask sweep;

    /// ffmpeg, and where it runs.
    ///
    /// @param file the program
    /// @param folders of its files, and its user
    /// @param environment of this process
    private record VideoProgram(Path file, RunFolders folders, Map<String, String> environment) {}

    private Recordings(RecordingSettings settings, BrowserType type, Optional<VideoProgram> program) {
        this.settings = settings;
        this.type = type;
        this.program = program;
        this.sweep = PeriodicTask.every(SWEEP, "recordings", this::sweep);
    }

    /// Opens the folder, and warns when what is to be recorded cannot be.
    ///
    /// @param type of the browsers
    /// @param ffmpeg empty where the machine has none
    /// @param folders where ffmpeg writes at first, and its user; closed by the caller, after this
    /// @param environment of this process
    public static Recordings open(
            RecordingSettings settings,
            BrowserType type,
            Optional<Path> ffmpeg,
            RunFolders folders,
            Map<String, String> environment) {
        var program = ffmpeg.map(file -> new VideoProgram(folders.readable(file), folders, environment));
        var recordings = new Recordings(settings, type, program);
        if (settings.usual() != RecordingSettings.RecordedSessions.NONE) {
            recordings
                    .refusal(RecordingChoice.ALL)
                    .ifPresent(why -> LOG.atWarn()
                            .addKeyValue("code", "RECORDING_UNAVAILABLE")
                            .addKeyValue("cause", why)
                            .log("Sessions are not recorded, though RECORD_SESSIONS is set"));
        }
        return recordings;
    }

    /// Records nothing.
    public static Recordings none() {
        return new Recordings(RecordingSettings.none(), BrowserType.CHROMIUM, Optional.empty());
    }

    /// Why the wish of a client cannot be met; empty when it can.
    public Optional<String> refusal(RecordingChoice wish) {
        if (wish != RecordingChoice.ALL && wish != RecordingChoice.FAILED) {
            return Optional.empty();
        }
        if (type != BrowserType.CHROMIUM) {
            return Optional.of("record=video is for Chromium only, and this is " + type.wireName());
        }
        return program.isPresent()
                ? Optional.empty()
                : Optional.of("record=video needs ffmpeg on the workers, and this one has none");
    }

    /// Records a session, if it is to be.
    ///
    /// @param tenant as in the header of the proxy
    /// @param wish of the client
    /// @param viewable whether people may look at the session; otherwise only its client has it recorded
    public SessionRecording begin(
            SessionId session, Optional<String> tenant, PooledBrowser browser, RecordingChoice wish, boolean viewable) {
        var choice = wish.or(viewable ? settings.usual().choice() : RecordingChoice.NONE);
        if (choice == RecordingChoice.NONE || refusal(RecordingChoice.ALL).isPresent()) {
            return SessionRecording.NONE;
        }
        var place = program.orElseThrow();
        try {
            var scratch = place.folders().scratch();
            var draft = scratch.resolve("video" + VIDEO);
            var writer = VideoWriter.start(
                    session.toString(),
                    arguments -> {
                        List<String> line = new ArrayList<>(List.of(place.file().toString()));
                        line.addAll(arguments);
                        return place.folders().user().command(line, place.environment(), Map.of());
                    },
                    draft);
            var watching = browser.watch(new ViewOptions(WatchedPage.FIRST, PIXELS, PIXELS, QUALITY, PAUSE), writer);
            var finished = new CompletableFuture<Void>();
            unfinished.put(session, finished);
            return new SessionRecording(choice == RecordingChoice.ALL, keep -> {
                watching.close();
                Thread.ofVirtual().name("recording").start(() -> {
                    try {
                        finish(session, tenant, writer, draft, keep);
                    } finally {
                        FolderTree.delete(scratch);
                        unfinished.remove(session);
                        finished.complete(null);
                    }
                });
            });
        } catch (IOException e) {
            failed(session, e);
            return SessionRecording.NONE;
        }
    }

    private void finish(SessionId session, Optional<String> tenant, VideoWriter writer, Path draft, boolean keep) {
        try {
            if (writer.finish().join() && keep) {
                save(session, tenant.filter(name -> name.matches(TENANT)).orElse(""), draft);
                sweep();
            }
        } catch (IOException | RuntimeException e) {
            failed(session, e);
        }
    }

    private static void failed(SessionId session, Exception why) {
        LOG.atWarn()
                .addKeyValue("code", "RECORDING_FAILED")
                .addKeyValue("sessionId", session)
                .addKeyValue("cause", why.toString())
                .log("Session not recorded");
    }

    /// Copied, because the draft belongs to another user, who may have put something else there.
    private void save(SessionId session, String tenant, Path draft) throws IOException {
        var folder = Files.createDirectories(
                settings.folder(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        var name = session + OF + tenant + VIDEO;
        var copy = folder.resolve(name + DRAFT);
        Files.deleteIfExists(copy);
        Files.createFile(copy, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (var from = Files.newByteChannel(draft, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                var in = Channels.newInputStream(from);
                var to = Files.newOutputStream(copy)) {
            in.transferTo(to);
        }
        Files.move(copy, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /// Whether a session is being recorded, or its recording is not finished.
    public boolean isUnfinished(SessionId session) {
        return unfinished.containsKey(session);
    }

    /// The recording of a session that has ended; empty when there is none.
    ///
    /// @param tenant whose it has to be, as in the header of the proxy; empty for anybody's
    public Optional<Path> find(SessionId session, Optional<String> tenant) {
        return videos().stream()
                .map(Video::file)
                .filter(file -> {
                    var name = file.getFileName().toString();
                    return tenant.map(owner -> name.equals(session + OF + owner + VIDEO))
                            .orElse(name.startsWith(session + OF));
                })
                .findFirst();
    }

    private record Video(Path file, Instant made, long bytes) {}

    private List<Video> videos() {
        return files(VIDEO);
    }

    private List<Video> files(String ending) {
        List<Video> found = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(settings.folder(), "*" + ending)) {
            for (var file : StreamSupport.stream(entries.spliterator(), false).toList()) {
                var about = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                if (about.isRegularFile()) {
                    found.add(new Video(file, about.lastModifiedTime().toInstant(), about.size()));
                }
            }
        } catch (IOException | DirectoryIteratorException _) {
            // There is no folder yet, or another process sweeps too.
        }
        return found;
    }

    /// Removes what is too old, and the oldest of what is too much.
    synchronized void sweep() {
        var oldest = Instant.now().minus(settings.keep());
        var left = settings.maxSize().bytes();
        for (var video : videos().stream()
                .sorted(Comparator.comparing(Video::made).reversed())
                .toList()) {
            left -= video.bytes();
            if (left < 0 || video.made().isBefore(oldest)) {
                delete(video.file());
            }
        }
        files(DRAFT).stream()
                .filter(draft -> draft.made().isBefore(Instant.now().minus(SWEEP)))
                .forEach(draft -> delete(draft.file()));
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("code", "recording-not-removed")
                    .addKeyValue("cause", e.getMessage())
                    .log("Recording not removed");
        }
    }

    /// Waits for a moment for recordings that are being finished.
    @Override
    public void close() {
        sweep.close();
        var all = CompletableFuture.allOf(unfinished.values().toArray(new CompletableFuture<?>[0]));
        var _ = all.completeOnTimeout(null, 5, TimeUnit.SECONDS).join();
    }

    /// The recording of one session, from its begin to its end.
    public static final class SessionRecording implements AutoCloseable {
        /// Of a session that is not recorded.
        static final SessionRecording NONE = new SessionRecording(false, _ -> {});

        private final Consumer<Boolean> end;
        private volatile boolean kept;

        /// @param kept whether it is kept however the session ends
        /// @param end called when the session has ended, with whether the recording is kept; must not block
        SessionRecording(boolean kept, Consumer<Boolean> end) {
            this.kept = kept;
            this.end = end;
        }

        /// Says how the session has ended.
        public void endedBy(SessionEnding ending) {
            kept |= !ending.isInOrder();
        }

        @Override
        public void close() {
            end.accept(kept);
        }
    }
}
