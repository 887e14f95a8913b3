package dev.greenroom.worker.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ByteSize;
import dev.greenroom.config.WorkerSections.RecordingSettings;
import dev.greenroom.config.WorkerSections.RecordingSettings.RecordedSessions;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.worker.driver.RunFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is kept of recordings, and who gets it.
final class RecordingsTest {
    private static final int MEGABYTE = 1 << 20;

    private final SessionIdGenerator ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());

    @TempDir
    private Path folder;

    @Test
    void the_oldest_go_when_all_take_too_much_and_each_when_it_is_too_old() throws Exception {
        var old = video("team", Duration.ofMinutes(61));
        var older = video("team", Duration.ofMinutes(40));
        var newer = video("team", Duration.ofMinutes(20));
        var newest = video("team", Duration.ofMinutes(1));

        try (var folders = folders();
                var recordings = recordings(folders, BrowserType.CHROMIUM, Optional.empty())) {
            recordings.sweep();

            assertThat(recordings.find(old, Optional.empty())).isEmpty();
            assertThat(recordings.find(older, Optional.empty())).isEmpty();
            assertThat(recordings.find(newer, Optional.empty())).isPresent();
            assertThat(recordings.find(newest, Optional.empty())).isPresent();
        }
    }

    @Test
    void a_recording_is_found_for_its_tenant_and_for_whoever_may_see_all() throws Exception {
        var session = video("team", Duration.ZERO);

        try (var folders = folders();
                var recordings = recordings(folders, BrowserType.CHROMIUM, Optional.empty())) {
            assertThat(recordings.find(session, Optional.of("team"))).isPresent();
            assertThat(recordings.find(session, Optional.empty())).isPresent();
            assertThat(recordings.find(session, Optional.of("other"))).isEmpty();
            assertThat(recordings.find(session, Optional.of(""))).isEmpty();
            assertThat(recordings.find(ids.next(), Optional.empty())).isEmpty();
        }
    }

    @Test
    void a_wish_that_cannot_be_met_is_refused_with_the_reason_and_a_default_is_not() throws Exception {
        try (var folders = folders();
                var without = recordings(folders, BrowserType.CHROMIUM, Optional.empty());
                var firefox = recordings(folders, BrowserType.FIREFOX, Optional.of(Path.of("/usr/bin/ffmpeg")))) {
            assertThat(without.refusal(RecordingChoice.ALL))
                    .hasValueSatisfying(why -> assertThat(why).contains("ffmpeg"));
            assertThat(firefox.refusal(RecordingChoice.FAILED))
                    .hasValueSatisfying(why -> assertThat(why).contains("Chromium"));
            assertThat(without.refusal(RecordingChoice.USUAL)).isEmpty();
        }
    }

    private RunFolders folders() throws IOException {
        return RunFolders.open(Files.createDirectories(folder.resolve("runs")), new Random(1));
    }

    private Recordings recordings(RunFolders folders, BrowserType type, Optional<Path> ffmpeg) {
        var settings =
                new RecordingSettings(RecordedSessions.NONE, folder, Duration.ofHours(1), new ByteSize(2L * MEGABYTE));
        return Recordings.open(settings, type, ffmpeg, folders, Map.of());
    }

    private SessionId video(String tenant, Duration age) throws IOException {
        var session = ids.next();
        var file = Files.write(folder.resolve(session + "~" + tenant + ".webm"), new byte[MEGABYTE]);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
        return session;
    }
}
