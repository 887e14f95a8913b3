package dev.greenroom.worker.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.BrowserSettings.Sandbox;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.driver.OpenFolder;
import dev.greenroom.worker.process.BrowserUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Browsers that are shell scripts. As root.
class ChromiumSandboxIT {
    private static final BrowserUser OTHER = new BrowserUser.Other(BrowserUsers.UNNAMED, BrowserUsers.UNNAMED);

    /// Shows a page to one user alone, if that user may write its profile.
    private static final String FOR_THE_OTHER = """
            #!/bin/sh
            for word; do case $word in --user-data-dir=*) touch ${word#*=}/used || exit 1;; esac; done
            [ $(id -u) = 60990 ] && echo '<html></html>'
            """;

    private static final String FOR_NOBODY = "#!/bin/sh\necho '<html></html>'\nexit 1\n";

    @TempDir(factory = OpenFolder.class)
    private Path folder;

    @Test
    void S12_the_sandbox_is_tried_as_the_user_that_browsers_have() throws Exception {
        assertThat(decide(Sandbox.AUTO, FOR_THE_OTHER, OTHER)).isEqualTo(new ChromiumSandbox.On());
        assertThat(decide(Sandbox.TRUE, FOR_THE_OTHER, OTHER)).isEqualTo(new ChromiumSandbox.On());
        assertThat(decide(Sandbox.FALSE, FOR_THE_OTHER, OTHER)).isInstanceOf(ChromiumSandbox.Off.class);
    }

    @Test
    void S12_where_the_kernel_refuses_it_there_is_a_warning_or_no_worker() throws Exception {
        assertThat(decide(Sandbox.AUTO, FOR_NOBODY, OTHER)).asString().contains("kernel");
        assertThat(decide(Sandbox.TRUE, FOR_NOBODY, OTHER))
                .isInstanceOf(ChromiumSandbox.Refused.class)
                .asString()
                .contains("kernel");
    }

    @Test
    void S12_root_has_no_chromium_sandbox() throws Exception {
        assertThat(decide(Sandbox.AUTO, FOR_THE_OTHER, new BrowserUser.OfWorker()))
                .isInstanceOf(ChromiumSandbox.Off.class)
                .asString()
                .contains("root");
    }

    private ChromiumSandbox decide(Sandbox sandbox, String script, BrowserUser user)
            throws IOException, InterruptedException {
        var path = Files.setPosixFilePermissions(
                Files.writeString(folder.resolve("browser"), script), PosixFilePermissions.fromString("rwxr-xr-x"));
        var settings = new BrowserSettings(
                BrowserType.CHROMIUM,
                true,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                sandbox,
                BrowserSettings.LaunchProfile.LEAN,
                BrowserSettings.AUTO);
        return ChromiumSandbox.decide(settings, new BrowserBinary(path, "", Optional.empty(), true), user);
    }
}
