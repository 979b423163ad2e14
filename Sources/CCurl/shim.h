#ifndef FORDELER_CCURL_SHIM_H
#define FORDELER_CCURL_SHIM_H
// Swift cannot call functions with a variable number of arguments: one function for each type of an option's value.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

typedef size_t (*curl_bytes_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode curl_start(void) { return curl_global_init(CURL_GLOBAL_ALL); }

static inline CURLcode curl_set_number(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode curl_set_large_number(CURL *curl, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(curl, option, value);
}

// libcurl keeps a copy of the text. NULL takes a text away.
static inline CURLcode curl_set_text(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode curl_set_list(CURL *curl, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode curl_set_pointer(CURL *curl, CURLoption option, void *value) {
    return curl_easy_setopt(curl, option, value);
}

// Called about once a second, however little is going on; anything but 0 ends the transfer.
typedef int (*curl_progress_function)(
    void *context, curl_off_t all, curl_off_t now, curl_off_t all_sent, curl_off_t now_sent);

static inline CURLcode curl_set_progress(CURL *curl, curl_progress_function value, void *context) {
    CURLcode result = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, value);
    if (result == CURLE_OK) result = curl_easy_setopt(curl, CURLOPT_XFERINFODATA, context);
    return result == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) : result;
}

static inline CURLcode curl_set_function(CURL *curl, CURLoption option, curl_bytes_function value) {
    return curl_easy_setopt(curl, option, value);
}

// The status of the last HTTP answer; 0 when there is none.
static inline long curl_status(CURL *curl) {
    long status = 0;
    return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

// Where the last answer redirects to, as a whole address; NULL when it does not. Belongs to the transfer.
static inline const char *curl_redirect(CURL *curl) {
    char *url = NULL;
    return curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url) == CURLE_OK ? url : NULL;
}
#endif
