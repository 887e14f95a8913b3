package dev.greenroom.worker.store;

import dev.greenroom.session.PlaywrightVersion;
import java.nio.file.Path;

/// An unpacked `playwright-core`.
///
/// @param version what clients have to agree with
/// @param release the whole version, for example `1.62.1`
/// @param folder holds its `package.json`
public record DriverPackage(PlaywrightVersion version, String release, Path folder) {}
