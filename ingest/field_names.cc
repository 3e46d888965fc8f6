#include "ingest/field_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "ingest/json_fields.h"

namespace freshet {
namespace {

using Names = std::span<const std::string_view>;

// Letters and digits, in lower case; the best first.
constexpr std::string_view kEventIds[]{"eventid", "messageid", "eventuuid", "insertid",
                                       "hitid",   "requestid", "uuid",      "id"};
constexpr std::string_view kTypes[]{
    "type",       "eventtype",   "eventname",    "event",           "action",
    "actiontype", "interaction", "activity",     "interactiontype", "verb",
    "name",       "behavior",    "behaviortype", "eventaction",     "seaction"};
constexpr std::string_view kUsers[]{"userid",    "customerid", "user",      "uid",       "customer",
                                    "accountid", "memberid",   "profileid", "shopperid", "personid",
                                    "buyerid",   "reviewerid", "externalid"};
constexpr std::string_view kAnonymous[]{
    "anonymousid",   "userpseudoid", "visitorid", "clientid", "domainuserid",
    "deviceid",      "cookieid",     "browserid", "guestid",  "fullvisitorid",
    "networkuserid", "distinctid",   "visitor"};
constexpr std::string_view kSessions[]{"sessionid", "gasessionid", "domainsessionid", "visitid",
                                       "session",   "sessionkey",  "sessionuuid"};
constexpr std::string_view kTimes[]{
    "eventtime",  "eventtimestamp",  "timestamp",         "time",          "ts",
    "occurredat", "createdat",       "datetime",          "derivedtstamp", "clienttime",
    "servertime", "collectortstamp", "originaltimestamp", "receivedat",    "sentat",
    "date",       "unixtime"};
constexpr std::string_view kValues[]{
    "value",       "revenue",          "purchaserevenue", "ordertotal", "total", "totalprice",
    "totalamount", "totalpriceamount", "grandtotal",      "trtotal",    "amount"};
constexpr std::string_view kQuantities[]{"quantity", "qty", "itemquantity", "units", "itemcount"};
constexpr std::string_view kPrices[]{"price",     "unitprice",    "itemprice",
                                     "saleprice", "productprice", "priceamount"};
constexpr std::string_view kItems[]{
    "itemid",    "productid", "sku",    "articleid",   "productsku", "itemsku", "stockcode",
    "variantid", "contentid", "asin",   "movieid",     "songid",     "trackid", "videoid",
    "offerid",   "listingid", "itemno", "productcode", "item",       "product"};
constexpr std::string_view kArrays[]{
    "items",       "products", "lineitems",   "contents", "orderitems", "orderlines", "cartlines",
    "productlist", "basket",   "impressions", "itemids",  "productids", "cart"};
// Inside an array of items a bare "id" can be nothing else.
constexpr std::string_view kInItems[]{"itemid",     "productid", "sku",    "articleid", "variantid",
                                      "productsku", "contentid", "asin",   "stockcode", "offerid",
                                      "id",         "item",      "product"};
constexpr std::string_view kContexts[]{
    "device",   "devicecategory", "devicetype",     "country",     "geocountry", "page",
    "pagetype", "platform",       "devicetypename", "locale",      "language",   "geocountrycode",
    "osname",   "channel",        "countrycode",    "deviceclass", "dvcetype",   "useragentdevice"};

Names names_of(FieldRole role) {
  switch (role) {
    case FieldRole::kEventId:
      return kEventIds;
    case FieldRole::kType:
      return kTypes;
    case FieldRole::kUser:
      return kUsers;
    case FieldRole::kAnonymous:
      return kAnonymous;
    case FieldRole::kSession:
      return kSessions;
    case FieldRole::kTime:
      return kTimes;
    case FieldRole::kValue:
      return kValues;
    case FieldRole::kQuantity:
      return kQuantities;
    case FieldRole::kPrice:
      return kPrices;
    case FieldRole::kItem:
      return kItems;
    case FieldRole::kItems:
      return kArrays;
    case FieldRole::kItemInItems:
      return kInItems;
    case FieldRole::kContext:
      return kContexts;
  }
  return {};
}

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper || kept) letters += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return letters;
}

struct Meaning {
  Action action;
  std::vector<std::string_view> words;
};

const std::array<Meaning, kActionCount>& meanings() {
  static const std::array<Meaning, kActionCount> all{
      Meaning{Action::kImpression,
              {"impression", "impressions", "viewitemlist", "productlistviewed", "listview",
               "collectionviewed", "productimpression", "itemimpression", "shown", "display",
               "recommendationimpression"}},
      Meaning{Action::kClick,
              {"click",
               "clicks",
               "view",
               "viewitem",
               "itemview",
               "itemviewed",
               "productview",
               "productviewed",
               "viewproduct",
               "detailview",
               "productdetailview",
               "pdpview",
               "selectitem",
               "itemclick",
               "productclick",
               "productclicked",
               "clickproduct",
               "pv",
               "viewcontent",
               "open",
               "read",
               "play",
               "watch",
               "listen"}},
      Meaning{Action::kCart,
              {"cart", "addtocart", "addcart", "addedtocart", "productadded", "productaddedtocart",
               "cartadd", "addtobasket", "basket", "addtobag", "atc", "itemaddedtocart"}},
      Meaning{Action::kPurchase,
              {"purchase", "purchased", "purchases", "transaction", "order", "ordercompleted",
               "orderplaced", "placeorder", "checkoutcompleted", "buy", "bought", "sale", "ordered",
               "completepurchase"}},
      Meaning{Action::kLike,
              {"like", "liked", "fav", "favorite", "favourite", "addtowishlist", "wishlist",
               "productaddedtowishlist", "addtofavorites", "upvote", "thumbsup", "bookmark"}},
      Meaning{Action::kDislike,
              {"dislike", "disliked", "thumbsdown", "downvote", "notinterested", "hide"}}};
  return all;
}

}  // namespace

int name_score(FieldRole role, const std::string& path) {
  std::vector<std::string> steps;
  for (const PathStep& step : parse_json_path(path)) {
    steps.push_back(letters_of(step.select_value.empty() ? step.key : step.select_value));
    if (!step.select_value.empty()) break;  // What follows only says of which type it is.
  }
  if (steps.empty()) return 0;
  const std::string last = steps.back();
  const std::string last_two = steps.size() > 1 ? steps[steps.size() - 2] + last : last;
  const Names names = names_of(role);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != last && names[i] != last_two) continue;
    return std::max(1, 100 - 3 * static_cast<int>(i) - 2 * static_cast<int>(steps.size() - 1));
  }
  return 0;
}

std::optional<Action> guess_action(std::string_view value) {
  const std::string letters = letters_of(value);
  for (const Meaning& meaning : meanings())
    if (std::find(meaning.words.begin(), meaning.words.end(), letters) != meaning.words.end())
      return meaning.action;
  return std::nullopt;
}

}  // namespace freshet
