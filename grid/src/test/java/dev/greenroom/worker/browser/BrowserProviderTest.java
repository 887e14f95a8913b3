package dev.greenroom.worker.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The installer is a shell script in node's place. Only Firefox is asked for: a Chromium of the system may
/// be there.
class BrowserProviderTest {
    private static final String INSTALLER = """
            #!/bin/sh
            echo "asked to: $2 $3"
            folder="$PLAYWRIGHT_BROWSERS_PATH/firefox-1572"
            mkdir -p "$folder/firefox"
            printf '#!/bin/sh\\necho "Fake Firefox 1.0"\\n' > "$folder/firefox/firefox"
            chmod +x "$folder/firefox/firefox"
            touch "$folder/INSTALLATION_COMPLETE"
            """;

    @TempDir
    private Path folder;

    private final List<String> progress = new CopyOnWriteArrayList<>();

    @Test
    void what_is_missing_is_installed_and_progress_is_told() throws Exception {
        var found = provider(Optional.empty()).provide(progress::add);

        assertThat(found)
                .isInstanceOfSatisfying(
                        BrowserSearch.Found.class,
                        it -> assertThat(it.browser().words()).isEqualTo("Fake Firefox 1.0"));
        assertThat(progress).containsExactly("no firefox here yet, installing one", "asked to: install firefox");
    }

    @Test
    void what_is_there_is_not_installed_again() throws Exception {
        provider(Optional.empty()).provide(_ -> {});

        provider(Optional.empty()).provide(progress::add);

        assertThat(progress).isEmpty();
    }

    @Test
    void nothing_is_installed_in_place_of_a_browser_that_was_named() throws Exception {
        var missing = provider(Optional.of(folder.resolve("nothing"))).provide(progress::add);

        assertThat(missing).isInstanceOf(BrowserSearch.Missing.class);
        assertThat(progress).isEmpty();
    }

    private BrowserProvider provider(Optional<Path> executable) throws IOException {
        var installer = Files.writeString(folder.resolve("node"), INSTALLER);
        Files.setPosixFilePermissions(installer, PosixFilePermissions.fromString("rwxr-xr-x"));
        var settings = new BrowserSettings(
                BrowserType.FIREFOX,
                true,
                executable,
                Optional.empty(),
                List.of(),
                BrowserSettings.Sandbox.AUTO,
                BrowserSettings.LaunchProfile.LEAN,
                BrowserSettings.AUTO);
        var environment =
                Map.of("PLAYWRIGHT_BROWSERS_PATH", folder.resolve("cache").toString(), "PATH", "/nowhere");
        var driver = new DriverPackage(new PlaywrightVersion(1, 62), "1.62.1", folder);
        return new BrowserProvider(settings, environment, new NodeBinary(installer, 24, 0), driver);
    }
}
