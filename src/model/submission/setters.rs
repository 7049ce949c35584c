//! The setters of a submission, each written once for all types that offer it.

/// Defines the named setters. The type has a method `change` that gives access to the
/// [`AnySubmission`](super::any::AnySubmission) inside.
macro_rules! setters {
    ($($name:ident),* $(,)?) => {
        $($crate::model::submission::setters::setter!($name);)*
    };
}

macro_rules! setter {
    (tag) => {
        /// Sets a label of your own, such as a path or a row number.
        ///
        /// It is never sent. It comes back in [`Outcome::tag`](crate::Outcome::tag),
        /// [`Unfinished::tag`](crate::Unfinished::tag) and [`UploadProgress::tag`](crate::UploadProgress::tag). A
        /// reference for the service is [`ref_id`](Self::ref_id). Defaults to none.
        pub fn tag(self, tag: impl Into<String>) -> Self {
            self.change(|submission| submission.tag = Some($crate::util::hidden::Hidden(tag.into())))
        }
    };
    (file_name) => {
        /// Sets the name that an upload goes by, and comes back with in the report.
        ///
        /// The extension is corrected if it contradicts the content; see
        /// [`corrected_file_name`](Self::corrected_file_name). A URL ignores it. Defaults to the file's own name.
        /// Without one, it is the medium and the usual extension of the format, such as `image.png`.
        pub fn file_name(self, name: impl Into<String>) -> Self {
            self.change(|submission| submission.file_name = Some($crate::util::hidden::Hidden(name.into())))
        }
    };
    (max_size) => {
        /// Sets the size in bytes above which a file is refused before anything is sent.
        ///
        /// A URL ignores it. Defaults to the documented maximum: 50 MB for images and recordings and 5 GB for videos,
        /// read generously as 50 MiB and 5 GiB.
        pub fn max_size(self, bytes: u64) -> Self {
            self.change(|submission| submission.max_size = Some(bytes))
        }
    };
    (any_format) => {
        /// If `true`, submits a file under its own name, whatever its format seems to be.
        ///
        /// By default the format must be one that the service documents for the medium, and the name must not stand for
        /// another medium. The service decides in the end. Defaults to `false`.
        pub fn any_format(self, on: bool) -> Self {
            self.change(|submission| submission.any_format = on)
        }
    };
    (on_progress) => {
        /// Sets a function that sees the progress of an upload after each block, and can end it.
        ///
        /// If it returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the call ends with
        /// [`Cancelled`](crate::ErrorKind::Cancelled), and nothing was submitted. It runs on the thread that submits
        /// and must not panic. A URL ignores it. Defaults to none.
        ///
        /// ```
        /// use identifai::Video;
        /// use std::ops::ControlFlow;
        ///
        /// let submission = Video::from_path("clip.mp4").on_progress(|progress| {
        ///     eprintln!("{} of {} bytes", progress.sent, progress.total);
        ///     ControlFlow::Continue(())
        /// });
        /// ```
        pub fn on_progress(
            self,
            see: impl Fn($crate::model::submission::progress::UploadProgress<'_>) -> std::ops::ControlFlow<()>
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.change(|submission| {
                submission.watcher = Some($crate::model::submission::progress::Watcher::new(see));
            })
        }
    };
    (ref_id) => {
        /// Sets your own reference, which the service stores and returns with the result. Defaults to none.
        pub fn ref_id(self, ref_id: impl Into<String>) -> Self {
            self.change(|submission| submission.ref_id = Some($crate::util::hidden::Hidden(ref_id.into())))
        }
    };
    (webhook_url) => {
        /// Sets an `http` or `https` URL that the service sends the result to as well.
        ///
        /// The service ignores it silently unless webhooks are enabled for the account. It does not call the URL for a
        /// result that it has cached. Defaults to none.
        pub fn webhook_url(self, webhook_url: impl Into<String>) -> Self {
            self.change(|submission| submission.webhook_url = Some($crate::util::hidden::Hidden(webhook_url.into())))
        }
    };
    (no_cache) => {
        /// If `true`, analyses again what was submitted before with the same options, which may cost again.
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn no_cache(self, on: bool) -> Self {
            self.change(|submission| submission.options.no_cache = Some(on))
        }
    };
    (with_morphing) => {
        /// Enables the detection of morphing in people's faces (images and videos).
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn with_morphing(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_morphing = Some(on))
        }
    };
    (with_tampering) => {
        /// Enables the detection of manipulation without generative AI (images and videos).
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn with_tampering(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_tampering = Some(on))
        }
    };
    (with_heatmap) => {
        /// Enables a heatmap of AI content (images); [`Client::heatmap`](crate::Client::heatmap) fetches it.
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn with_heatmap(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_heatmap = Some(on))
        }
    };
    (with_nsfw) => {
        /// Enables the detection of content that is not safe for work (images and videos).
        ///
        /// For videos this is our reading of the documentation. Defaults to the service's choice, which is not
        /// documented.
        pub fn with_nsfw(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_nsfw = Some(on))
        }
    };
    (prevent_c2pa_forces) => {
        /// If `true`, a C2PA signature does not force the verdict to artificial.
        ///
        /// For recordings it is documented for uploads only. Defaults to the service's choice, documented as `false`:
        /// a signature forces the verdict.
        pub fn prevent_c2pa_forces(self, on: bool) -> Self {
            self.change(|submission| submission.options.prevent_c2pa_forces = Some(on))
        }
    };
    (frames) => {
        /// Sets the maximum number of frames to analyse (videos). More frames cost more.
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn frames(self, frames: $crate::model::submission::options::Frames) -> Self {
            self.change(|submission| submission.options.frames = Some(frames))
        }
    };
    (key_frames) => {
        /// If `true`, analyses key frames rather than evenly spaced ones (videos).
        ///
        /// There may be fewer of them than [`frames`](Self::frames) allows. Defaults to the service's choice, which is
        /// not documented.
        pub fn key_frames(self, on: bool) -> Self {
            self.change(|submission| submission.options.key_frames = Some(on))
        }
    };
    (key_frames_method) => {
        /// Sets the method by which key frames are chosen (videos).
        ///
        /// Defaults to the service's choice, documented as `iframes`.
        pub fn key_frames_method(self, method: $crate::model::submission::options::KeyFramesMethod) -> Self {
            self.change(|submission| submission.options.key_frames_method = Some(method))
        }
    };
}

pub(crate) use {setter, setters};
