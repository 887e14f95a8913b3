package dev.greenroom.worker.store;

import com.microsoft.playwright.impl.driver.jar.DriverJar;
import dev.greenroom.data.Json;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The node and the playwright-core that come with Greenroom, in the jars of Playwright for Java.
///
/// @param node the program
/// @param driver the package
record BundledDriver(Path node, DriverPackage driver) {
    private static final String PACKAGE_JSON = "driver/package/package.json";

    /// Unpacks it into the store, unless it is there: about 130 MB, two seconds.
    static BundledDriver install(DriverStoreFolder store) throws IOException, InterruptedException {
        var release = release();
        var folder = store.addBundle(release, draft -> {
            // DriverJar wants to make its folder itself.
            Files.delete(draft);
            try {
                DriverJar.installDriverTo(draft);
            } catch (URISyntaxException e) {
                throw new IOException(e);
            }
        });
        var version = PlaywrightVersion.of(release).orElseThrow(() -> new IOException("no version: " + release));
        var node = folder.resolve("node");
        return new BundledDriver(
                Files.exists(node) ? node : folder.resolve("node.exe"),
                new DriverPackage(version, release, folder.resolve("package")));
    }

    private static String release() throws IOException {
        try (var json = DriverJar.class.getClassLoader().getResourceAsStream(PACKAGE_JSON)) {
            if (json == null) {
                throw new IOException("Playwright's driver is not on the class path");
            }
            return Json.mapper().readTree(json).path("version").asString("");
        }
    }
}
