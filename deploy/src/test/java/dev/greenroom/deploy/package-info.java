/// Tests of the files in `deploy`: they parse, they render, they name settings, paths, ports and metrics
/// that exist. Nothing here needs the product's classes; what it promises is read from its generated
/// references in `docs`.
@NullMarked
package dev.greenroom.deploy;

import org.jspecify.annotations.NullMarked;
