/// Finds the browser to launch, or installs one: settings come in, a program or a sentence that says how to
/// get one goes out. Nothing is installed unless [BrowserProvider] is called.
@NullMarked
package dev.greenroom.worker.browser;

import org.jspecify.annotations.NullMarked;
