package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.DriverFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFoldersIT {
    @TempDir
    private Path parent;

    @Test
    void folders_are_for_this_user_only() throws IOException {
        try (var folders = open(parent)) {
            var folder = folders.next();

            for (var path : new Path[] {folder.root(), folder.sockets(), folder.temporary(), folder.home()}) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rwx------");
            }
        }
    }

    @Test
    void another_user_owns_what_it_writes_to_and_may_enter_the_rest_but_not_write_or_look_around() throws IOException {
        try (var folders = RunFolders.open(parent, new SecureRandom(), new BrowserUser.Other(60_990, 60_991))) {
            var folder = folders.next();

            assertThat(access(folders.root())).isEqualTo("0:60991 rwx--x---");
            assertThat(access(folders.root().resolve("lock"))).isEqualTo("0:0 rw-------");
            assertThat(access(folder.root())).isEqualTo("0:60991 rwx--x---");
            for (var path : new Path[] {folder.sockets(), folder.temporary(), folder.home()}) {
                assertThat(access(path)).isEqualTo("60990:60991 rwx------");
            }
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void S11_no_two_drivers_have_the_same_user_whichever_worker_they_belong_to() throws IOException {
        var four = new BrowserUser.Other(58_990, 58_990, 58_994);
        try (var folders = RunFolders.open(parent, new SecureRandom(), four);
                var others = RunFolders.open(parent, new SecureRandom(), four)) {
            var users = Stream.of(folders.next(), others.next(), folders.next(), others.next())
                    .map(folder -> folder.user())
                    .toList();

            assertThat(users)
                    .containsExactlyInAnyOrder(
                            new BrowserUser.Other(58_991, 58_990),
                            new BrowserUser.Other(58_992, 58_990),
                            new BrowserUser.Other(58_993, 58_990),
                            new BrowserUser.Other(58_994, 58_990));
        }
    }

    @Test
    void a_driver_s_user_owns_its_folders_and_the_group_of_all_may_enter_the_one_around_them() throws IOException {
        try (var folders = RunFolders.open(parent, new SecureRandom(), new BrowserUser.Other(58_990, 58_990, 58_991))) {
            var folder = folders.next();

            assertThat(access(folder.root())).isEqualTo("0:58990 rwx--x---");
            assertThat(access(folder.temporary())).isEqualTo("58991:58990 rwx------");
        }
    }

    @Test
    void S11_a_driver_gets_no_user_that_a_process_has_and_none_at_all_rather_than_that_of_another() throws Exception {
        var process = new ProcessBuilder("setpriv", "--reuid=58991", "--clear-groups", "cat").start();
        try (var folders = RunFolders.open(parent, new SecureRandom(), new BrowserUser.Other(58_990, 58_990, 58_992))) {
            var proc = Path.of("/proc", Long.toString(process.pid()));
            await().until(() -> Files.getAttribute(proc, "unix:uid").equals(58_991));

            var folder = folders.next();

            assertThat(folder.user()).isEqualTo(new BrowserUser.Other(58_992, 58_990));
            assertThatThrownBy(folders::next)
                    .isInstanceOf(DriverFailedException.class)
                    .hasMessageContainingAll("58991 to 58992", "MAX_DRIVERS", "BROWSER_USER");
            folder.delete();
            assertThat(folders.next().user()).as("given back").isEqualTo(folder.user());
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static String access(Path path) throws IOException {
        return Files.getAttribute(path, "unix:uid") + ":" + Files.getAttribute(path, "unix:gid") + " "
                + PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void the_folder_of_a_dead_worker_is_swept_with_all_that_is_in_it() throws IOException {
        var dead = Files.createDirectories(parent.resolve("gr-0123abcd"));
        var outside = Files.writeString(
                Files.createDirectory(parent.resolve("outside")).resolve("file"), "stays");
        Files.createFile(dead.resolve("lock"));
        Files.createSymbolicLink(dead.resolve("link"), parent.resolve("outside"));
        Files.writeString(Files.createDirectories(dead.resolve("1/tmp/deep")).resolve("file"), "goes");

        open(parent).close();

        assertThat(dead).doesNotExist();
        assertThat(outside).hasContent("stays");
    }

    @Test
    void the_folder_of_a_living_worker_and_those_of_others_stay() throws IOException {
        Files.createDirectories(parent.resolve("gr-notours"));
        Files.createDirectories(parent.resolve("gr-01234567"));
        try (var living = open(parent)) {
            var folder = living.next();

            open(parent).close();

            assertThat(folder.root()).exists();
            assertThat(parent.resolve("gr-notours")).exists();
            assertThat(parent.resolve("gr-01234567")).exists();
        }
    }

    @Test
    void what_a_worker_left_that_died_while_it_began_is_swept_and_what_one_begins_now_is_not() throws IOException {
        var dead = Files.createDirectories(parent.resolve("gr-0123abcd.new"));
        Files.createFile(dead.resolve("lock"));
        Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        var beginning = Files.createDirectories(parent.resolve("gr-89abcdef.new"));

        open(parent).close();

        assertThat(dead).doesNotExist();
        assertThat(beginning).exists();
    }

    @Test
    void a_path_that_is_too_long_for_a_socket_is_refused_with_a_remedy() throws IOException {
        var deep = Files.createDirectories(parent.resolve("d".repeat(90)));
        try (var folders = open(deep)) {
            var folder = folders.next();

            assertThatThrownBy(() -> folder.socket(1))
                    .isInstanceOf(DriverFailedException.class)
                    .hasMessageContaining("java.io.tmpdir");
        }
    }

    private static RunFolders open(Path parent) {
        return RunFolders.open(parent, new SecureRandom());
    }
}
