//! Images: PNG, JPEG, GIF, WebP and TIFF of up to 50 MB, says the service's documentation.

use super::{Medium, Submission, from_everywhere, sealed};
use crate::report::{AnyReport, ImageFindings, ImageReport};
use crate::wire::multipart::Form;

/// The medium image.
///
/// ```
/// use identifai::Image;
///
/// let job = Image::from_url("https://example.com/cat.jpg").ref_id("order-17").with_heatmap(true);
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Image {}

impl Image {
    from_everywhere!("An image", "cat.jpg");
}

/// What only images can be asked for. `None` is not sent.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    with_morphing: Option<bool>,
    with_tampering: Option<bool>,
    with_heatmap: Option<bool>,
    with_nsfw: Option<bool>,
    prevent_c2pa_forces: Option<bool>,
}

impl Submission<Image> {
    /// Whether to look for morphing in people's faces, too. Default: left to the service, which documents none.
    pub fn with_morphing(self, on: bool) -> Self {
        self.set(|options| options.with_morphing = Some(on))
    }

    /// Whether to look for manipulation without generative AI, too. Default: left to the service, which documents none.
    pub fn with_tampering(self, on: bool) -> Self {
        self.set(|options| options.with_tampering = Some(on))
    }

    /// Whether to make a heatmap of AI content, too. Default: left to the service, which documents none.
    pub fn with_heatmap(self, on: bool) -> Self {
        self.set(|options| options.with_heatmap = Some(on))
    }

    /// Whether to tell if the image is not safe for work, too. Default: left to the service, which documents none.
    pub fn with_nsfw(self, on: bool) -> Self {
        self.set(|options| options.with_nsfw = Some(on))
    }

    /// Whether to keep a C2PA signature from forcing the verdict to artificial.
    /// Default: left to the service, which documents `false`: a signature forces it.
    pub fn prevent_c2pa_forces(self, on: bool) -> Self {
        self.set(|options| options.prevent_c2pa_forces = Some(on))
    }
}

impl Medium for Image {}

impl sealed::Medium for Image {
    const NAME: &'static str = "image";
    const FROM_URL: &'static str = "/api/image_fromurl";
    const RESULT: &'static str = "/api/classification";
    const RESULTS: &'static str = "/api/classifications";
    const MAX_SIZE: u64 = 50 * 1024 * 1024;
    type Findings = ImageFindings;
    type Options = ImageOptions;

    fn any(report: ImageReport) -> AnyReport {
        AnyReport::Image(report)
    }

    #[allow(private_interfaces)]
    fn fill(options: &ImageOptions, form: &mut Form<'_>) {
        form.switch_if("with_morphing", options.with_morphing);
        form.switch_if("with_tampering", options.with_tampering);
        form.switch_if("with_heatmap", options.with_heatmap);
        form.switch_if("with_nsfw", options.with_nsfw);
        form.switch_if("prevent_c2pa_forces", options.prevent_c2pa_forces);
    }
}
